// Takes in what agents and balancers say about themselves, and keeps the account of who speaks for
// what.
//
// A session is one run of a program, and begins with Hello. A message of a session from before our
// own start (its connection came back by itself) is answered with a Welcome, whose epoch makes it
// say Hello. Two programs with one key: the one that speaks stays, the newcomer is asked to try
// again, so that a restarted agent takes over as soon as its predecessor has been silent for two
// seconds; one that still meets a speaking predecessor after ten is refused for good.
//
// A node's report is the whole truth about that node, so a worker that it leaves out does not run
// there; but leaving out ends nothing by itself: only what was ordered to stop and is then absent
// has ended. Workers that nobody here knows are taken in: as serving when they are what the service
// runs, else to be retired gently.
#pragma once

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

inline constexpr Duration kPredecessorSilentAfter = std::chrono::seconds(2);
inline constexpr Duration kRivalRefusedAfter = std::chrono::seconds(10);
// How long a node that could not start a release is spared it.
inline constexpr Duration kRefusedFor = std::chrono::seconds(60);

void apply(Turn& turn, const NodeHello& event);
void apply(Turn& turn, const NodeReported& event);
void apply(Turn& turn, const NodeSampled& event);
void apply(Turn& turn, const NodeRemoved& event);
void apply(Turn& turn, const BalancerHello& event);
void apply(Turn& turn, const TableAcked& event);

// What silence alone changes: nodes that are lost or back, holds that have run out.
void watch_silence(Turn& turn);

}  // namespace foretide::coordinator
