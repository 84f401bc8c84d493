#include "common/settings/near_word.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace foretide::settings {

namespace {

constexpr std::size_t kLongest = 32;  // no key of ours is longer

// d(i, j) = least of d(i-1, j) + 1, d(i, j-1) + 1, d(i-1, j-1) + (a_i != b_j),
//           and d(i-2, j-2) + 1 where the last two letters are swapped.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLongest + 1>, kLongest + 1> d{};
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> near_word(std::string_view written,
                                          std::span<const std::string_view> known) {
  if (written.size() > kLongest) return std::nullopt;
  const std::size_t forgiven = written.size() <= 4 ? 1 : 2;
  std::size_t least = forgiven + 1;
  std::optional<std::string_view> nearest;
  for (const std::string_view word : known) {
    const std::size_t slips = slips_between(written, word.substr(0, kLongest));
    if (slips < least) {
      least = slips;
      nearest = word;
    } else if (slips == least) {
      nearest.reset();
    }
  }
  return nearest;
}

}  // namespace foretide::settings
