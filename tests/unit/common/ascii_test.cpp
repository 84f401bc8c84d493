#include "common/ascii.hpp"

#include <gtest/gtest.h>

#include <string>

namespace foretide {
namespace {

char plain_lower(char c) {
  const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const auto at = upper.find(c);
  return at == std::string::npos ? c : "abcdefghijklmnopqrstuvwxyz"[at];
}

TEST(Ascii, TellsTheKindsOfAllBytes) {
  const std::string digits = "0123456789", letters = "abcdefghijklmnopqrstuvwxyz";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte), low = plain_lower(c);
    const bool digit = digits.find(c) != std::string::npos;
    const bool letter = letters.find(low) != std::string::npos;
    EXPECT_EQ(lower(c), low) << byte;
    EXPECT_EQ(is_digit(c), digit) << byte;
    EXPECT_EQ(is_letter(c), letter) << byte;
    const auto value = std::string("0123456789abcdef").find(low);
    EXPECT_EQ(hex_value(c), value == std::string::npos ? -1 : static_cast<int>(value)) << byte;
    const bool mark = std::string("!#$%&'*+-.^_`|~").find(c) != std::string::npos;
    EXPECT_EQ(is_token_char(c), digit || letter || mark) << byte;
  }
}

TEST(Ascii, LowersLettersAlone) {
  EXPECT_EQ(lower_case("X-\xc3\x9cNO_[1]"), "x-\xc3\x9cno_[1]");
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
          ASSERT_EQ(same_word(a, b), plain_lower(a[at]) == plain_lower(b[at]))
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

}  // namespace
}  // namespace foretide
