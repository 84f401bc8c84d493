// Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), and
// how to make them so: every byte that is in no valid sequence becomes U+FFFD. Worker output and
// header values may hold anything; messages, JSON and logs may not.
#pragma once

#include <string>
#include <string_view>

namespace foretide {

bool is_utf8(std::string_view bytes);
std::string mended_utf8(std::string_view bytes);

}  // namespace foretide
