// Reads single fields of the admin API's answers without trusting that they are there: an older or
// newer coordinator may leave one out or say null, which is "not known" and never an error of the
// command.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace foretide::cli {

std::string text_in(const nlohmann::json& object, const char* key);
std::optional<double> number_in(const nlohmann::json& object, const char* key);
std::uint64_t count_in(const nlohmann::json& object, const char* key);  // 0 when not there
// "12", or "-" when not known.
std::string count_text(const nlohmann::json& object, const char* key);
// The array under `key`, or the value itself if that is an array, or an empty one.
nlohmann::json list_in(const nlohmann::json& value, const char* key);

// "12.3", or "-" when not known.
std::string number_text(const std::optional<double>& number, int decimals = 1);
// "14:03:21" local time, of a moment given as ISO 8601 text or as milliseconds or seconds since
// 1970.
std::string clock_text(const nlohmann::json& at);

}  // namespace foretide::cli
