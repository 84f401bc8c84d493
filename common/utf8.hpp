// Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), and
// how to make them so: every byte that is in no valid sequence becomes U+FFFD. Worker output and
// header values may hold anything; messages, JSON and logs may not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace foretide {

// Of the character that the bytes, which are not empty, begin with; 0 when they begin with none.
std::size_t utf8_character_length(std::string_view bytes);

bool is_utf8(std::string_view bytes);
std::string mended_utf8(std::string_view bytes);

}  // namespace foretide
