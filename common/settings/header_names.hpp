// What may be the name of a header field: a token of RFC 9110, section 5.6.2.
#pragma once

#include <algorithm>
#include <string_view>

namespace foretide::settings {

inline bool is_header_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

}  // namespace foretide::settings
