// The PROXY header with which a load balancer in front of this one says whose connection it passes
// on: version 1 is a line of text, version 2 binary
// (haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2).
//
//     PROXY TCP4 192.0.2.7 10.0.0.1 51234 443\r\n
//
// UNKNOWN (1) and LOCAL (2) say nothing of a client: the connection is the sender's own, such as a
// health check. Of version 2's further fields (TLVs) none is used.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/ip_range.hpp"

namespace foretide::balancer {

// A header that is larger is refused; version 2's fixed part and an address need 52.
inline constexpr std::size_t kProxyHeaderMax = 1024;

struct ProxyHeader {
  enum class Read { kMore, kMalformed, kComplete };
  Read read = Read::kMore;
  std::size_t size = 0;           // of the header; what follows belongs to the connection
  std::optional<IpBytes> client;  // nothing: the sender itself
};

// `bytes` are what has come so far, from the connection's first byte.
ProxyHeader proxy_header_in(std::string_view bytes);

}  // namespace foretide::balancer
