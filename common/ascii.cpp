#include "common/ascii.hpp"

#include <algorithm>
#include <cstring>

namespace foretide {
namespace {

// Eight bytes in lower case at a time. A sum sets a byte's high bit where the byte is at least the
// letter that it was made from, and carries into no other since the high bits were taken off.
std::uint64_t lower_of_eight(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = kOnes << 7;
  const std::uint64_t low = word & ~kHighs;
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A'), above_z = low + kOnes * (0x7f - 'Z');
  const std::uint64_t upper = from_a & ~above_z & ~word & kHighs;
  return word | (upper >> 2);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::size_t i = 0;
  for (; a.size() - i >= 8; i += 8) {
    if (lower_of_eight(a.data() + i) != lower_of_eight(b.data() + i)) return false;
  }
  for (; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace foretide
