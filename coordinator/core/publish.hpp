// Says what is, to whom it concerns: sets to nodes, tables to balancers, each with the stamp of the
// moment at which its content last changed.
//
// Levels, not edges: content is compared with what was last published, a change gets a new stamp
// and is made durable before it is sent, and what a receiver has not acknowledged is sent again, at
// most once a second. Nothing goes to a node whose present session has not reported in this epoch.
#pragma once

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// What the node should run, without a stamp.
wire::DesiredSet set_for(const State& state, const NodeRecord& node);

void publish_set(Turn& turn, NodeRecord& node);
void publish_table(Turn& turn, ServiceRecord& service);
void publish_match(Turn& turn);

// Sends whatever this receiver has not acknowledged.
void send_set(Turn& turn, NodeRecord& node);
void send_tables(Turn& turn, BalancerRecord& balancer);

}  // namespace foretide::coordinator
