// Takes in what balancers count: arrivals, requests in service, requests held, per service and per
// worker.
//
// Counters are cumulative within a balancer's session, so a lost report loses nothing: the next one
// covers its time too. The first report of a session only sets the mark to count from; a report
// older than the last one (the two channels overtake each other) is dropped. What was counted since
// the last report is spread over the time between the two arrivals here, by our clock.
#pragma once

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

void apply(Turn& turn, const TrafficReported& event);
void apply(Turn& turn, const BalancerRemoved& event);

// What a balancer that has fallen silent, or begun a new life, last said to be waiting and in
// service is no longer so, as far as anyone knows.
void forget_levels(State& state, const BalancerId& balancer);

// Balancers that were silent for long are forgotten altogether.
void watch_balancers(Turn& turn);

// By how much a counter grew between two reports of one session.
double counted_since(std::uint64_t now, std::uint64_t before);

// Workers that serve and are ready.
std::uint32_t ready_count(const ServiceRecord& service);

}  // namespace foretide::coordinator
