// An http URL, taken apart: `http://127.0.0.1:9000/depth?queue=jobs` is a host, a port and what is
// asked of it. Plain http only: for what a program of ours asks of a neighbour now and then, and
// those who need more put a proxy before it. Strict: what could be read in two ways (a user before
// the host, blanks, a fragment) is an Error that says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide {

struct HttpUrl {
  Address server;            // IPv6 without brackets
  std::string target = "/";  // path and query
  friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
};

// What may stand in a URL as it is, a fragment left out.
inline bool is_plain_in_url(char c) {
  return c > ' ' && c < 0x7f && c != '#';
}

// An Error tells what is wrong, without the URL: "names no host".
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace foretide
