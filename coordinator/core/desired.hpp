// How many workers a load needs. Think of a lift lobby: staff for the crowd expected when the next
// lift comes, not for the one standing there, and for its spread, not for its mean: if the crowd is
// 10 or 30 with even odds, staff for 20 is short every second time.
//
// The goal is the user's: `shortage`, the share of demand that may find no free worker. With
// capacity c per worker, the number is the smallest n with E[max(D - n c, 0)] <= shortage * E[D]
// over the forecast's distribution of D (the newsvendor's expected shortfall).
#pragma once

#include <cstdint>

#include "common/settings/cluster.hpp"
#include "coordinator/core/forecast.hpp"

namespace foretide::coordinator {

// Load that one worker serves well, as far as the cluster file says: its soft capacity, never above
// the hard one; without any, what learning begins with.
double capacity_for(const ServiceSettings& settings);

std::uint32_t workers_for(double load, double capacity);
std::uint32_t workers_for(const Forecast& forecast, double capacity, double shortage);

}  // namespace foretide::coordinator
