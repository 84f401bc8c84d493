#include "balancer/http/head_lines.hpp"

#include <string>

#include <gtest/gtest.h>

#include "balancer/http/byte_runs.hpp"

namespace foretide::balancer {
namespace {

using Stopped = FieldLines::Stopped;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}
bool is_visible(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}

// `skip` passes nothing over that is not of the kind, and stops before one that is only where fewer
// than sixteen are left.
template <class Skip, class Is>
void expect_exact(const std::string& bytes, Skip skip, Is is) {
  const char* const end = bytes.data() + bytes.size();
  const char* const stopped = skip(bytes.data(), end);
  for (const char* at = bytes.data(); at < stopped; ++at) ASSERT_TRUE(is(*at)) << int{*at};
#ifdef __SSE2__
  if (end - stopped < 16) return;
  ASSERT_FALSE(is(*stopped)) << int{*stopped};
#endif
}

TEST(ByteRuns, EndAtTheFirstByteOfAnotherKind) {
  const std::string letters = "Abcdefg-hijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRST";
  for (std::size_t place = 0; place < 40; ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes = letters;
      bytes[place] = static_cast<char>(byte);
      ASSERT_NO_FATAL_FAILURE(expect_exact(bytes, skip_plain, is_plain));
      ASSERT_NO_FATAL_FAILURE(expect_exact(bytes, skip_visible, is_visible));
    }
  }
  for (std::size_t size = 0; size < letters.size(); ++size) {
    const std::string bytes = letters.substr(0, size);
    ASSERT_NO_FATAL_FAILURE(expect_exact(bytes, skip_plain, is_plain));
  }
}

TEST(FieldLines, SayWhatIsWrittenAsWeWouldWriteIt) {
  FieldLines lines("Server: a b\r\nX-Tab:\tc\r\nX-None:d\r\nX-Behind: e \r\nX-Empty: \r\n\r\nmore");
  FieldLines::Field field;
  ASSERT_TRUE(lines.next(field));
  EXPECT_EQ(field.line, "Server: a b\r\n");
  for (const char* value : {"c", "d", "e", ""}) {
    ASSERT_TRUE(lines.next(field));
    EXPECT_EQ(field.value, value);
    EXPECT_EQ(field.line.empty(), *value != '\0') << field.line;
  }
  EXPECT_FALSE(lines.next(field));
  EXPECT_EQ(lines.stopped(), Stopped::kAtEnd);
}

// Wherever the bytes stop, what is there is no reason to refuse the rest.
TEST(FieldLines, AreInTheMidstWhereverTheBytesStop) {
  const std::string head = "Host: example.com\r\nX-Long-Name: \ta value\twith tabs\r\nY: \r\n\r\n";
  for (std::size_t size = 0; size <= head.size(); ++size) {
    FieldLines lines(std::string_view(head).substr(0, size));
    FieldLines::Field field;
    while (lines.next(field)) {
    }
    const bool whole = size == head.size();
    EXPECT_EQ(lines.stopped(), whole ? Stopped::kAtEnd : Stopped::kInMidst) << size;
    EXPECT_EQ(whole, lines.size() == head.size()) << size;
  }
}

TEST(FieldLines, AreMalformedWhereNoFieldIs) {
  for (const char* bytes : {"Host a\r\n\r\n", ": a\r\n\r\n", " Host: a\r\n\r\n", "Host : a\r\n\r\n",
                            "Host: a\n\r\n", "Host: a\rb\r\n\r\n", "Host: a\x01\r\n\r\n", "\n",
                            "\rx", "Host: a\x7f\r\n\r\n", "Host: a\r\n b\r\n\r\n"}) {
    FieldLines lines(bytes);
    FieldLines::Field field;
    while (lines.next(field)) {
    }
    EXPECT_EQ(lines.stopped(), Stopped::kMalformed) << bytes;
  }
}

}  // namespace
}  // namespace foretide::balancer
