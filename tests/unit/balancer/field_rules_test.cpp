#include "balancer/http/field_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace foretide::balancer {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whatever bytes stand at whatever place: only letters differ by case.
TEST(SameWord, IsSameButForTheCaseOfLetters) {
  for (std::size_t size : {1, 7, 8, 9, 16, 17}) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string a(size, 'k'), b(size, 'K');
      for (int left = 0; left < 256; ++left) {
        for (int right = 0; right < 256; ++right) {
          a[at] = static_cast<char>(left);
          b[at] = static_cast<char>(right);
          ASSERT_EQ(same_word(a, b), lower(a[at]) == lower(b[at]))
              << left << " and " << right << " at " << at << " of " << size;
        }
      }
    }
  }
}

TEST(SameWord, HasTheSameLength) {
  EXPECT_TRUE(same_word("", ""));
  EXPECT_FALSE(same_word("host", "hos"));
  EXPECT_FALSE(same_word("content-length", "content-lengt"));
}

TEST(Host, HoldsWhatAUriLetsItHold) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool allowed =
        std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=")
            .find(c) != std::string::npos;
    const bool ends_with_port = c == ':';  // and the port is empty, or a number
    EXPECT_EQ(is_host(std::string("a") + c + "1"), allowed || ends_with_port) << byte;
  }
  EXPECT_TRUE(is_host("a%2fb"));
  EXPECT_FALSE(is_host("a%2"));
  EXPECT_FALSE(is_host("a%2g"));
}

}  // namespace
}  // namespace foretide::balancer
