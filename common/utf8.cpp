#include "common/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace foretide {
namespace {

bool is_between(char byte, std::uint8_t low, std::uint8_t high) {
  const auto value = static_cast<std::uint8_t>(byte);
  return value >= low && value <= high;
}

// The second byte's range depends on the first; RFC 3629, section 4.
bool second_is_valid(std::uint8_t first, char second) {
  switch (first) {
    case 0xE0:
      return is_between(second, 0xA0, 0xBF);
    case 0xED:
      return is_between(second, 0x80, 0x9F);
    case 0xF0:
      return is_between(second, 0x90, 0xBF);
    case 0xF4:
      return is_between(second, 0x80, 0x8F);
    default:
      return is_between(second, 0x80, 0xBF);
  }
}

}  // namespace

std::size_t utf8_character_length(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || bytes.size() < length || !second_is_valid(first, bytes[1])) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_between(bytes[i], 0x80, 0xBF)) return 0;
  }
  return length;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_character_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string mended_utf8(std::string_view bytes) {
  std::string mended;
  mended.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = utf8_character_length(bytes);
    if (length == 0) {
      mended += "\xEF\xBF\xBD";
      bytes.remove_prefix(1);
    } else {
      mended += bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
  }
  return mended;
}

}  // namespace foretide
