// What of a request tells to whom it belongs, as the settings name it: a header's value, a
// cookie's, or the client's address.
#pragma once

#include <optional>
#include <string_view>

#include "common/wire/messages.hpp"

namespace foretide::balancer {

// `fields` are a head's, without its start line. Nothing when the request does not have it, or the
// source is none. Views what it was given.
std::optional<std::string_view> key_in(const wire::KeySource& source, std::string_view fields,
                                       std::string_view client_address);

// RFC 6265 section 4.2.1: "a=1; b=2". The first of that name.
std::optional<std::string_view> cookie_in(std::string_view cookies, std::string_view name);

}  // namespace foretide::balancer
