#include "tests/conformance/wire_text.hpp"

#include <charconv>

namespace foretide::conformance {
namespace {

constexpr std::size_t kBytesMost = 4 * 1024 * 1024;

// The byte of an escape at the front of `text`, which is taken off.
Result<char> escaped(std::string_view& text) {
  if (text.size() < 2) return Error{"a backslash stands at the end"};
  const char kind = text[1];
  text.remove_prefix(2);
  switch (kind) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case '\\':
      return '\\';
    case 'x': {
      unsigned value = 0;
      const std::string_view digits = text.substr(0, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (error != std::errc{} || end != digits.data() + 2) return Error{"\\x needs two digits"};
      text.remove_prefix(2);
      return static_cast<char>(value);
    }
    default:
      return Error{std::string("\\") + kind + " is no escape"};
  }
}

// \(TEXT*N) at the front of `text`, which is taken off.
Result<std::string> repeated(std::string_view& text) {
  const auto star = text.find('*');
  const auto close = text.find(')', star == std::string_view::npos ? 0 : star);
  if (star == std::string_view::npos || close == std::string_view::npos) {
    return Error{"\\( needs *N) behind it"};
  }
  const auto once = bytes_of(text.substr(2, star - 2));
  if (!once) return once;
  std::size_t times = 0;
  const std::string_view digits = text.substr(star + 1, close - star - 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), times);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return Error{"\\(TEXT*N) needs a number for N"};
  }
  if (times > kBytesMost || times * once->size() > kBytesMost) return Error{"\\( gives too much"};
  text.remove_prefix(close + 1);
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += *once;
  return all;
}

}  // namespace

Result<std::string> bytes_of(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.starts_with("\\(")) {
      const auto many = repeated(text);
      if (!many) return many;
      bytes += *many;
    } else if (text.front() == '\\') {
      const auto one = escaped(text);
      if (!one) return Error{one.error()};
      bytes += *one;
    } else {
      bytes += text.front();
      text.remove_prefix(1);
    }
  }
  return bytes;
}

std::string shown(std::string_view bytes, std::size_t most) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (byte < 0x20 || byte > 0x7e) {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      text += c;
    }
  }
  if (bytes.size() > most) text += "… (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

}  // namespace foretide::conformance
