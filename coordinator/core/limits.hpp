// What holds a wanted number of workers back. Each limit that bites says so in the record.
//
// Towards fewer, all of these must agree: this coordinator is not young; demand is known right now (missing is not zero) and has
// been watched for a whole window; panic is over; the workers that would be left could carry what
// is in service now, at N/(N-1) of today's share and a tenth to spare; the cooldown is over;
// `down.max_step`. Towards more: the cooldown (a wake does not wait) and `up.max_step`. Last,
// `max`, and `min`.
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

// `said` gets the word of every limit that bit.
Limited limited_for(const ServiceRecord& service, const Situation& situation, const Opinion& wanted,
                    std::vector<Opinion>& said);

}  // namespace foretide::coordinator
