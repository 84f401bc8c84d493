// Letters, digits and words of ASCII text, as names in HTTP, in hosts and in settings are made of
// them.
//
// Not those of <cctype>: a process's locale has no say in what a header's name is, and a byte above
// 0x7f, which is a negative `char`, is no letter. "Content-Type" and "content-type" are the same
// word, "É" and "é" are two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foretide {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
// What a hexadecimal digit counts; -1: it is none.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

constexpr std::array<bool, 256> bytes_of_tokens() {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    allowed[static_cast<std::uint8_t>(c)] = true;
  for (char c = 0; c < 0x7f; ++c) {
    if (is_letter(c) || is_digit(c)) allowed[static_cast<std::uint8_t>(c)] = true;
  }
  return allowed;
}
inline constexpr std::array<bool, 256> kInToken = bytes_of_tokens();

// RFC 9110 section 5.6.2: tchar, of which methods and the names of header fields are made.
constexpr bool is_token_char(char c) {
  return kInToken[static_cast<std::uint8_t>(c)];
}

// Without blanks and tabs at its ends.
std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view text);
bool same_word(std::string_view a, std::string_view b);  // without case

}  // namespace foretide
