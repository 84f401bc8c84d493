// Numbers and shares as people write them. Whole texts only: "1x" is no number.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace foretide::settings {

// Nor are "nan" and "inf".
std::optional<double> parse_number(std::string_view text);
// They are, for who has something else to say of them.
std::optional<double> parse_any_number(std::string_view text);
// 1% or 0.01.
std::optional<double> parse_share(std::string_view text);

// In nine digits, without zeros at the end: 0.25, 1000000.
std::string number_text(double value);
std::string share_text(double share);  // 25%

}  // namespace foretide::settings
