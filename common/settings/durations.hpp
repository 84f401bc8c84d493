// Lengths of time as people write them in settings: 500ms, 30s, 1.5m, 1h, 2d. A number without a
// unit is refused (seconds or milliseconds?), but for 0, which needs none. Settings, options of the
// command and the admin API all read them here, so that what one takes the others take too.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace foretide::settings {

inline constexpr std::chrono::milliseconds kLongestDuration = std::chrono::days(366);
// How one is written, for those whose could not be read.
inline constexpr const char* kDurationGrammar =
    "a number and its unit (ms, s, m, h or d, up to 366d), such as 500ms, 90s, 1.5m, 2h or 1d";

// Nothing for what is no duration, negative, finer than a millisecond, or beyond 366 days.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// In the largest unit that divides it: 90000 ms is "90s", 60000 ms "1m", 0 "0s".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace foretide::settings
