// Percent-encoding and query strings (RFC 3986, and `+` for a space as HTML forms write it). A `%`
// that is not followed by two hex digits makes the whole text wrong: nothing is guessed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace foretide {

std::optional<std::string> percent_decoded(std::string_view text);
std::string percent_encoded(std::string_view text);  // everything but letters, digits and "-._~"

// "a=1&b=x%20y". Of a name that comes twice the first counts.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

}  // namespace foretide
