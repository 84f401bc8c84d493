// Who speaks for a node or a balancer now, and the heartbeats that keep both sides sure of it.
#pragma once

#include <string>

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// Whether this session is the one that said Hello. One that did not (we restarted, or its Hello was
// lost or refused) is asked to, unless somebody else speaks for the peer: a plain Welcome would
// make it think itself known.
bool is_session(Turn& turn, NodeRecord& node, const std::string& session);
bool is_session(Turn& turn, BalancerRecord& balancer, const std::string& session);

// The record of one that we are told of, its silence counted from now if it is new here.
BalancerRecord& balancer_named(Turn& turn, const BalancerId& id);

// Says Welcome to every session again each two seconds: peers know by it that we live, and the
// epoch.
void greet(Turn& turn);

}  // namespace foretide::coordinator
