#include "deploy/cli/json_fields.hpp"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace foretide::cli {
namespace {

constexpr double kMillisecondsFrom = 1e11;  // as seconds that would be the year 5138

std::string local_clock(std::time_t seconds) {
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

}  // namespace

std::string text_in(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> number_in(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::uint64_t count_in(const nlohmann::json& object, const char* key) {
  const std::optional<double> number = number_in(object, key);
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::string count_text(const nlohmann::json& object, const char* key) {
  return number_in(object, key) ? std::to_string(count_in(object, key)) : "-";
}

nlohmann::json list_in(const nlohmann::json& value, const char* key) {
  if (value.is_array()) return value;
  if (value.is_object()) {
    const auto found = value.find(key);
    if (found != value.end() && found->is_array()) return *found;
  }
  return nlohmann::json::array();
}

std::string number_text(const std::optional<double>& number, int decimals) {
  if (!number) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, *number);
  return text;
}

std::string clock_text(const nlohmann::json& at) {
  if (at.is_number()) {
    const double value = at.get<double>();
    return local_clock(static_cast<std::time_t>(value > kMillisecondsFrom ? value / 1000 : value));
  }
  if (!at.is_string()) return "--:--:--";
  const std::string text = at.get<std::string>();
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return text;
  return local_clock(::timegm(&parts));
}

}  // namespace foretide::cli
