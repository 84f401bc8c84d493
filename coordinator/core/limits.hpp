// What holds a wanted number of workers back. Each limit that bites says so in the record.
//
// Towards fewer, all of these must agree: nobody paused it; this coordinator is not young; demand
// is known right now (missing is not zero) and was for nearly all of the last window; panic is
// over; the workers that would be left could carry what is in service now, at N/(N-1) of today's
// share, and with a tenth to spare unless prediction speaks; the number has not been going to and
// fro (see reversals.hpp); no signal is near its limit or got a worker of late (`signals`); the
// cooldown is over; `down.max_step`, once a second. Towards more: starts are not stopped (see
// spawn_breaker.hpp); the cooldown and `up.max_step`, once a second (a wake waits for neither).
// Last, `max` and `min`, which hold a count given by hand as well.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/decision.hpp"
#include "coordinator/core/reactive.hpp"

namespace foretide::coordinator {

struct Limited {
  std::uint32_t workers = 0;
  std::string rule, reason;  // of the limit that decided; empty: none bit
};

// By `max` and `min` alone.
Limited bounded_for(const ServiceStanding& service, Limited limited, std::vector<Opinion>& said);

// `said` gets the word of every limit that bit.
Limited limited_for(const ServiceStanding& service, const Situation& situation,
                    const Opinion& wanted, std::vector<Opinion>& said);

}  // namespace foretide::coordinator
