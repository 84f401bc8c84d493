// A limit on what workers tell of themselves: the mean, or the largest, over the ready workers of
// what each told in the last half minute. As with CPU and memory, workers that were just started
// are left out, and half of the ready ones have to have told it.
#pragma once

#include <cstdint>

#include "coordinator/core/service_record.hpp"
#include "coordinator/core/signal_reading.hpp"

namespace foretide::coordinator {

SignalReading metric_reading(const MetricLimit& limit, const ServiceRecord& service,
                             std::uint32_t ready, Instant from);

}  // namespace foretide::coordinator
