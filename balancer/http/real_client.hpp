// Who a request comes from: its connection's peer or, where that one is a trusted proxy
// (`listen.trusted_proxies`), the client that X-Forwarded-For names.
//
// Each proxy on the way has added whom it heard to the right, so the list is believed from there:
// as far as those that it names are trusted, and the first who is not is the client. What stands to
// the left of that one, or of something that is no address, anybody could have written.
#pragma once

#include <optional>
#include <string_view>

#include "balancer/http/forwarded_fields.hpp"
#include "common/ip_range.hpp"

namespace foretide::balancer {

struct RealClient {
  std::string_view address;   // may view into the fields; empty: it has none
  std::optional<IpBytes> ip;  // likewise
};

RealClient real_client(const ClientSide& peer, std::string_view fields, const IpRanges& trusted);

}  // namespace foretide::balancer
