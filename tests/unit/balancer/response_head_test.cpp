#include "balancer/http/response_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace foretide::balancer {
namespace {

using testing::HasSubstr;
using testing::Not;

class ResponseHeads : public testing::Test {
 protected:
  ResponseHead read(const std::string& bytes, ResponseTo to = {}) {
    to.date = "now";
    bytes_ = bytes;
    HeadWriter out(memory_.data(), memory_.size());
    const auto head = parse_response_head(bytes_, to, out);
    written_ = std::string(out.text());
    return head;
  }

  std::string bytes_, written_;
  std::array<char, 16 * 1024> memory_{};
};

TEST_F(ResponseHeads, KeepLengthAndReason) {
  const auto head = read("HTTP/1.1 201 Made It\r\nContent-Length: 5\r\nX: y\r\nDate: d\r\n\r\n");
  EXPECT_FALSE(head.refused);
  EXPECT_EQ(head.to_client, Framing::kLength);
  EXPECT_EQ(head.length, 5u);
  EXPECT_TRUE(head.reusable);
  EXPECT_EQ(written_, "HTTP/1.1 201 Made It\r\nX: y\r\nDate: d\r\nContent-Length: 5\r\n\r\n");
}

TEST_F(ResponseHeads, WithoutLengthAreChunkedForHttp11AndEndWithTheConnectionForHttp10) {
  auto head = read("HTTP/1.0 200 OK\r\n\r\n");
  EXPECT_EQ(head.from_upstream, Framing::kUntilClose);
  EXPECT_EQ(head.to_client, Framing::kChunked);
  EXPECT_FALSE(head.reusable);
  EXPECT_THAT(written_, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(written_, HasSubstr("Date: now\r\n"));

  head = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {.http_10 = true});
  EXPECT_EQ(head.from_upstream, Framing::kChunked);
  EXPECT_EQ(head.to_client, Framing::kUntilClose);
  EXPECT_TRUE(head.close_client);
  EXPECT_THAT(written_, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(written_, Not(HasSubstr("chunked")));
}

TEST_F(ResponseHeads, WithoutABodyHaveNone) {
  for (const char* status : {"204 No", "304 Not"}) {
    const auto head =
        read(std::string("HTTP/1.1 ") + status + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(head.from_upstream, Framing::kNone);
    EXPECT_TRUE(head.reusable);
    EXPECT_THAT(written_, Not(HasSubstr("chunked")));
  }
  read("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n");
  EXPECT_THAT(written_, Not(HasSubstr("Content-Length")));
  const auto head = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {.head_request = true});
  EXPECT_EQ(head.from_upstream, Framing::kNone);
  EXPECT_THAT(written_, HasSubstr("Content-Length: 5\r\n"));
}

TEST_F(ResponseHeads, OfInterimKindCarryNothingOfOurs) {
  const auto head = read("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_TRUE(head.interim);
  EXPECT_EQ(written_, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_TRUE(read("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n").refused);
}

TEST_F(ResponseHeads, SwitchToTheProtocolThatWasOfferedOnly) {
  const std::string agreed =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
      "Sec-WebSocket-Accept: x\r\n\r\n";
  const auto head = read(agreed, {.upgrade = "websocket"});
  EXPECT_FALSE(head.refused);
  EXPECT_TRUE(head.switches);
  EXPECT_FALSE(head.interim);
  EXPECT_EQ(written_,
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
            "Connection: upgrade\r\nUpgrade: WebSocket\r\n\r\n");
  EXPECT_TRUE(read(agreed, {.upgrade = "other"}).refused);
  EXPECT_TRUE(read(agreed).refused);
  for (const char* bytes : {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n",
                            "HTTP/1.1 101 S\r\nConnection: upgrade\r\n\r\n",
                            "HTTP/1.0 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                            "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n",
                            "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                            "Upgrade: websocket\r\n\r\n"}) {
    EXPECT_TRUE(read(bytes, {.upgrade = "websocket"}).refused) << bytes;
  }
}

// RFC 9110 section 15.5.22.
TEST_F(ResponseHeads, TellWhatAClientIsToUpgradeTo) {
  const std::string bytes =
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: HTTP/3.0, example/1\r\nConnection: Upgrade\r\n"
      "Content-Length: 0\r\n\r\n";
  EXPECT_FALSE(read(bytes).refused);
  EXPECT_THAT(written_, HasSubstr("\r\nUpgrade: HTTP/3.0, example/1\r\n"));
  EXPECT_THAT(written_, HasSubstr("\r\nConnection: upgrade\r\n"));
  EXPECT_FALSE(read(bytes, {.close = true}).refused);
  EXPECT_THAT(written_, HasSubstr("Connection: upgrade, close\r\n"));
  read("HTTP/1.1 426 Both\r\nUpgrade: a/1\r\nUpgrade: b/2\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(written_, HasSubstr("\r\nUpgrade: a/1\r\nUpgrade: b/2\r\n"));
  read("HTTP/1.1 200 OK\r\nUpgrade: example/1\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_THAT(written_, Not(HasSubstr("pgrade")));
}

TEST_F(ResponseHeads, TellHowLongTheRequestWaited) {
  using namespace std::chrono_literals;
  read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {.held = 1234ms, .worker_start = 900ms});
  EXPECT_THAT(written_, HasSubstr("Server-Timing: held;dur=1234, start;dur=900\r\n"));
  read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {.held = 5ms});
  EXPECT_THAT(written_, HasSubstr("Server-Timing: held;dur=5\r\n"));
  read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {.worker_start = 900ms});
  EXPECT_THAT(written_, Not(HasSubstr("Server-Timing")));
}

TEST_F(ResponseHeads, AreChangedAsTheServiceSays) {
  const wire::HeadChanges changes{.remove = {"server"}, .set = {{"X-Frame-Options", "DENY"}}};
  read("HTTP/1.1 200 OK\r\nServer: x/1\r\nx-frame-options: any\r\nContent-Length: 0\r\n\r\n",
       {.changes = &changes});
  EXPECT_EQ(written_,
            "HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: 0\r\nDate: now\r\n\r\n");
}

TEST_F(ResponseHeads, DropWhatConcernsOneConnectionOnly) {
  const auto head = read(
      "HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: x-a\r\nConnection: close\r\nKeep-Alive: 3\r\n"
      "Upgrade: h2c\r\nTrailer: T\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(head.refused);
  EXPECT_FALSE(head.reusable);
  EXPECT_FALSE(head.close_client) << "the worker's connection is not the client's";
  for (const char* gone : {"X-A", "Keep-Alive", "Upgrade", "Trailer", "Connection"}) {
    EXPECT_THAT(written_, Not(HasSubstr(gone)));
  }
}

TEST_F(ResponseHeads, AreRefusedWhenTheyAreNotPlain) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n", "200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n"}) {
    EXPECT_TRUE(read(bytes).refused) << bytes;
  }
}

TEST_F(ResponseHeads, AreIncompleteUntilTheirEmptyLineAndMindNothingBehindIt) {
  const std::string head = "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 4\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size) {
    const auto part = read(head.substr(0, size));
    EXPECT_EQ(part.size, 0u) << size;
    EXPECT_FALSE(part.refused) << size;
  }
  const auto whole = read(head + "body\r\nX: y\r\n\r\n");
  EXPECT_EQ(whole.size, head.size());
  EXPECT_THAT(written_, Not(HasSubstr("X: y")));
}

}  // namespace
}  // namespace foretide::balancer
