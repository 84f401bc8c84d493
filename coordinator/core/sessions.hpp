// Who speaks for a node or a balancer now, and the heartbeats that keep both sides sure of it.
#pragma once

#include <string>

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// Whether this session is the one that said Hello. If nobody said it for this peer since we began,
// the session is from a coordinator's life before ours: it gets a Welcome, whose epoch makes it say
// Hello. A new session of a peer that we know gets nothing: it goes on saying Hello until it is
// welcomed, and a Welcome now would end that before we have heard it.
bool is_session(Turn& turn, NodeRecord& node, const std::string& session);
bool is_session(Turn& turn, BalancerRecord& balancer, const std::string& session);

// Says Welcome to every session again each two seconds: peers know by it that we live, and the
// epoch.
void greet(Turn& turn);

}  // namespace foretide::coordinator
