#include "common/settings/byte_sizes.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace foretide::settings {

namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array<Unit, 9> kUnits{{{"B", 1.0},
                                      {"KB", 1e3},
                                      {"MB", 1e6},
                                      {"GB", 1e9},
                                      {"TB", 1e12},
                                      {"KiB", 1024.0},
                                      {"MiB", 1048576.0},
                                      {"GiB", 1073741824.0},
                                      {"TiB", 1099511627776.0}}};
constexpr double kLargest = 1125899906842624.0;  // a pebibyte

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  double count = 0.0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(count) || std::signbit(count)) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  while (name.starts_with(' ')) name.remove_prefix(1);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const double bytes = std::round(count * unit.bytes);
    if (bytes > kLargest) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string byte_size_text(std::uint64_t bytes) {
  if (bytes == 0) return "0B";
  const Unit* largest = &kUnits.front();
  for (const Unit& unit : kUnits) {
    if (bytes % static_cast<std::uint64_t>(unit.bytes) == 0 && unit.bytes > largest->bytes) {
      largest = &unit;
    }
  }
  return std::to_string(bytes / static_cast<std::uint64_t>(largest->bytes)) +
         std::string(largest->name);
}

}  // namespace foretide::settings
