// A load that waits outside: items in a queue that workers take their work from, asked for by the
// shell and heard here. 53 items at 10 for each worker need 6, by the largest number of the
// settings' window, since what was taken from the queue is being worked on and no request tells of
// it.
//
// It can only add, and wakes a service that sleeps. It is no demand: nothing of it enters the
// series or a forecast, and where prediction speaks it speaks beside it. A queue that was not heard
// of for three of its periods is not known, which is not empty: what was in it then holds for ten
// minutes; from then on it asks for nothing, and says why.
#pragma once

#include <cstdint>

#include "coordinator/core/decision.hpp"
#include "coordinator/core/service_record.hpp"
#include "coordinator/core/signal_reading.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

void apply(Turn& turn, const SignalHeard& event);

Opinion queue_opinion(const QueueDepth& queue, const ServiceRecord& service, Instant now);
// Items for each ready worker, of those that are one's worth.
SignalReading queue_reading(const QueueDepth& queue, const ServiceRecord& service,
                            std::uint32_t ready, Instant now);
// Whether a queue of the service had anything in it within the window, as far as is known.
bool has_queued(const ServiceRecord& service, Instant now);

}  // namespace foretide::coordinator
