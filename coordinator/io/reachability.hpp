// Whether the addresses that workers advertise can be reached by everybody who must reach them. An
// agent on the coordinator's own host that dials 127.0.0.1 advertises 127.0.0.1, which means
// nothing to a balancer on another host: it would send requests to itself. So loopback addresses
// and other hosts exclude one another, and whoever comes second is told what to change. A peer
// whose address is one of this host's own counts as here.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/time.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/step.hpp"

namespace foretide::coordinator {

using IsHere = std::function<bool(const std::string& address)>;  // on this host

// Why this newcomer cannot be taken in; nothing when it can.
std::optional<std::string> unreachable_because(const State& state, const NodeHello& hello,
                                               Instant now, const IsHere& is_here);
std::optional<std::string> unreachable_because(const State& state, const BalancerHello& hello,
                                               Instant now, const IsHere& is_here);

// Loopback, or an address of one of this host's interfaces as they are now.
bool is_address_of_this_host(const std::string& address);

// An address under which other hosts may reach this one: the first of its interfaces that is no
// loopback, or 127.0.0.1.
std::string address_for_others();

}  // namespace foretide::coordinator
