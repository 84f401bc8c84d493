// What may be the name of a header field: a token of RFC 9110, section 5.6.2.
#pragma once

#include <algorithm>
#include <string_view>

#include "common/ascii.hpp"

namespace foretide::settings {

inline bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_char);
}

}  // namespace foretide::settings
