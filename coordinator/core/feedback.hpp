// The end of the loop: what came of the decisions about one service, so that people (and whoever
// tunes prediction) see how well it does. How good the forecasts were, how much demand found no
// worker and how much of the workers no demand, why requests waited, how long starts took.
//
// It looks back only and decides nothing: no rule reads it.
#pragma once

#include <cstdint>

#include "coordinator/core/causes.hpp"
#include "coordinator/core/forecast_score.hpp"
#include "coordinator/core/supply_ledger.hpp"

namespace foretide::coordinator {

struct Feedback {
  ForecastScore forecasts;
  SupplyLedger supply;
  CauseCounts waits;
  std::uint64_t starts_total = 0;  // since this coordinator began
  double start_seconds_total = 0.0;

  // Since no worker was asked for, and until one is ready again.
  bool is_waking = false;
  // Counted by balancers and not booked yet.
  std::uint64_t arrivals_unbooked = 0, waited_unbooked = 0;

  void count_requests(std::uint64_t arrivals, std::uint64_t waited) {
    arrivals_unbooked += arrivals;
    waited_unbooked += waited;
  }
  void count_start(Duration exec_to_ready) {
    ++starts_total;
    start_seconds_total += seconds_in(exec_to_ready);
  }
};

// Once with each decision, before it takes effect: `service` still has what was asked for before.
void take_feedback(ServiceRecord& service, const Situation& situation, const Decision& decision);

}  // namespace foretide::coordinator
