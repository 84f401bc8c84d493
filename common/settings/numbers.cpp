#include "common/settings/numbers.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace foretide::settings {

std::optional<double> parse_any_number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  const auto value = parse_any_number(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const auto value = parse_number(text);
  return value && percent ? std::optional(*value / 100.0) : value;
}

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string share_text(double share) {
  return number_text(share * 100.0) + "%";
}

}  // namespace foretide::settings
