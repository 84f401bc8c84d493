#include "common/settings/durations.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace foretide::settings {

namespace {

struct Unit {
  std::string_view name;
  std::chrono::milliseconds length;
};
constexpr std::array<Unit, 5> kUnits{{{"d", std::chrono::days(1)},
                                      {"h", std::chrono::hours(1)},
                                      {"m", std::chrono::minutes(1)},
                                      {"s", std::chrono::seconds(1)},
                                      {"ms", std::chrono::milliseconds(1)}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double count = 0.0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(count) || count < 0.0 || std::signbit(count)) {
    return std::nullopt;
  }
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (name.empty() && count == 0.0) return std::chrono::milliseconds(0);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const double milliseconds = count * static_cast<double>(unit.length.count());
    if (milliseconds > static_cast<double>(kLongestDuration.count())) return std::nullopt;
    const double whole = std::round(milliseconds);
    if (std::abs(whole - milliseconds) > 1e-6) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(whole));
  }
  return std::nullopt;
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (duration.count() % unit.length.count() == 0) {
      return std::to_string(duration.count() / unit.length.count()) + std::string(unit.name);
    }
  }
  return std::to_string(duration.count()) + "ms";
}

}  // namespace foretide::settings
