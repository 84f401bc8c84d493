// `scale.signals` of a service: what it is scaled by besides its load in flight.
#pragma once

#include <string>
#include <vector>

#include "common/settings/schema.hpp"
#include "common/signal.hpp"

namespace foretide::settings {

// `service` is the section that `scale` stands in: a share of memory needs a `needs.memory`.
std::vector<Signal> signals_in(const Section& scale, const Section& service);

// What their workers are to be asked for.
std::vector<WorkerMetric> metrics_of(const std::vector<Signal>& signals);

// "latency p95 below 300ms"
std::string scale_signal_text(const Signal& signal);

}  // namespace foretide::settings
