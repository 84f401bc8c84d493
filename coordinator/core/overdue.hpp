// Starts that take so long that nobody should count on them any more.
//
// Like a colleague who is an hour late: not dismissed, but somebody else takes the counter. Overdue
// is a start that takes longer than 99 of 100 starts of its release did, three times as long as 90
// of 100, and at least 5 s: with starts of 2 s, after 6 s. Before any was measured nobody knows
// whether a minute is long, and a second copy of a large model may not fit beside the first, so
// half of `probe.start.timeout` must have passed.
//
// An overdue worker covers no demand, and another is started in its place; it goes on until its own
// start timeout, and if it gets ready after all it is one more than needed, of which the plan lets
// one go. It counts against `max`, so there are never more than that. What was started in place of
// an overdue one is not replaced in turn: when that takes as long, the release is slow rather than
// hung, and replacing it would only bring more of the same. How long a start has taken is what its
// agent says; while its node is silent it grows no older.
#pragma once

#include "common/time.hpp"
#include "coordinator/core/census.hpp"
#include "coordinator/core/lead_time.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

inline constexpr Duration kOverdueAtLeast = std::chrono::seconds(5);

// How long a start may take before it is overdue.
Duration patience_for(const StartTimes& measured, Duration start_timeout);

bool is_overdue(const ServiceRecord& service, const WorkerRecord& worker);

// Records of each overdue worker, once, that another came for it (of whom there were `brought`), or
// that it waits because of `max`.
void tell_overdue(Turn& turn, ServiceRecord& service, const Census& census, std::uint32_t brought);

}  // namespace foretide::coordinator
