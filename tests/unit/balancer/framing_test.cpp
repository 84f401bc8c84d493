#include "balancer/http/framing.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace foretide::balancer {
namespace {

struct Body {
  std::string content;
  std::string left;
  bool done = false, malformed = false;
};

// Feeds `bytes` in pieces of `step`.
Body read_chunked(const std::string& bytes, std::size_t step = SIZE_MAX) {
  BodyReader reader(Framing::kChunked, 0);
  Body body;
  std::size_t at = 0;
  while (at < bytes.size() && !reader.done() && !reader.malformed()) {
    std::string piece = bytes.substr(at, step);
    const auto taken = reader.take(piece.data(), piece.size());
    body.content += piece.substr(0, taken.content);
    at += taken.used;
  }
  body.left = bytes.substr(at);
  body.done = reader.done();
  body.malformed = reader.malformed();
  return body;
}

TEST(BodyReader, TakesALengthAndNothingBehindIt) {
  BodyReader reader(Framing::kLength, 5);
  std::string bytes = "helloGET /";
  EXPECT_EQ(reader.take(bytes.data(), 3).content, 3u);
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.take(bytes.data() + 3, 7).used, 2u);
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(BodyReader(Framing::kLength, 0).done());
  EXPECT_TRUE(BodyReader(Framing::kNone, 9).done());
}

TEST(BodyReader, EndsWithTheConnectionOnlyWhereThatIsTheFraming) {
  BodyReader open(Framing::kUntilClose, 0), cut(Framing::kLength, 5);
  open.end_of_input();
  cut.end_of_input();
  EXPECT_TRUE(open.done());
  EXPECT_TRUE(cut.malformed());
}

TEST(BodyReader, TakesChunksApartHoweverTheyArrive) {
  const std::string bytes =
      "5\r\nhello\r\n1;ext=\"a;b\"\r\n \r\n00A ; x\r\n0123456789\r\n0\r\nTrailer: "
      "x\r\nB:\r\n\r\nGET";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const Body body = read_chunked(bytes, step);
    EXPECT_EQ(body.content, "hello 0123456789") << step;
    EXPECT_TRUE(body.done) << step;
    EXPECT_EQ(body.left, "GET") << step;
  }
}

TEST(BodyReader, RefusesChunksThatAreNotPlain) {
  for (const char* bytes : {"\r\n",
                            "x\r\n",
                            "5 \r\nhello",
                            "5\nhello",
                            "5\r\nhello\n0\r\n\r\n",
                            "5\r\nhellox\r\n",
                            "-5\r\nhello\r\n",
                            "+5\r\n",
                            "0x5\r\n",
                            " 5\r\n",
                            "5;\r\n",
                            "5;a\x01=1\r\n",
                            "11111111111111111\r\n",
                            "ffffffffffffffff0\r\n",
                            "5\rhello",
                            "0\r\nBad Name: x\r\n\r\n",
                            "0\r\n: x\r\n\r\n",
                            "0\r\nA: \x01\r\n\r\n",
                            "0\r\nA: x\n\r\n",
                            "0\r\n\n"}) {
    EXPECT_TRUE(read_chunked(bytes).malformed) << bytes;
  }
  EXPECT_TRUE(read_chunked("5;" + std::string(2000, 'a') + "\r\n").malformed);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "Name: value\r\n";
  EXPECT_TRUE(read_chunked(trailers).malformed);
  EXPECT_TRUE(read_chunked("0\r\nName: " + std::string(70'000, 'v')).malformed);
}

// Whatever the sizes and the cuts, what was put in comes out.
TEST(BodyReader, ReadsBackWhatChunkFrameWrites) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string content, bytes;
    for (auto count = random() % 6; count > 0; --count) {
      const std::string piece(1 + random() % 5000, static_cast<char>('a' + random() % 26));
      content += piece;
      bytes += std::string(ChunkFrame(piece.size()).before()) + piece;
      bytes += ChunkFrame::kBehind;
    }
    bytes += ChunkFrame::kLast;
    const Body body = read_chunked(bytes, 1 + random() % 3000);
    ASSERT_TRUE(body.done);
    ASSERT_EQ(body.content, content);
  }
}

TEST(BodyReader, SurvivesGarbage) {
  std::mt19937 random(11);
  const std::string letters = "0123456789abcdefABCDEF;\r\n\r\n\r\n =\"x";
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (auto size = random() % 60; size > 0; --size) bytes += letters[random() % letters.size()];
    const Body whole = read_chunked(bytes), dribbled = read_chunked(bytes, 1);
    ASSERT_EQ(whole.content, dribbled.content) << bytes;
    ASSERT_EQ(whole.done, dribbled.done) << bytes;
    ASSERT_EQ(whole.malformed, dribbled.malformed) << bytes;
  }
}

}  // namespace
}  // namespace foretide::balancer
