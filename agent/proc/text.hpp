// Reading numbers and words out of the kernel's text, without allocation: views into the caller's
// bytes, words separated by blanks, lines by newlines. Values only; no file is read here.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

// Takes the next line off `text`, without its newline. Empty `text` means that there is none left.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Takes the next word off `line`; empty when there is none.
inline std::string_view take_word(std::string_view& line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) {
    line = {};
    return {};
  }
  line.remove_prefix(start);
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

// The whole word as a number, or nothing: no sign for an unsigned type, nothing left over.
template <class Number>
std::optional<Number> number_in(std::string_view word, int base = 10) {
  Number number{};
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, number, base);
  if (error != std::errc{} || stopped != end || word.empty()) return std::nullopt;
  return number;
}

inline std::optional<double> real_in(std::string_view word) {
  double number = 0.0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, number);
  const bool finite = number - number == 0.0;  // "nan" and "inf" are read too
  if (error != std::errc{} || stopped != end || word.empty() || !finite) return std::nullopt;
  return number;
}

template <class Number>
std::optional<Number> take_number(std::string_view& line) {
  return number_in<Number>(take_word(line));
}

// "stat: `cpu 1 x`: expected a number"; a line is quoted up to 200 characters.
inline Error bad_line(std::string_view file, std::string_view line, std::string_view expected) {
  std::string text(file);
  text.append(": `").append(line.substr(0, 200)).append("`: expected ").append(expected);
  return Error{std::move(text)};
}

}  // namespace foretide::agent
