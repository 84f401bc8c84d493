// The two kinds of `scale.signals` that are asked for: a queue's length, at a URL, and what workers
// tell of themselves, in Prometheus text.
#pragma once

#include <optional>
#include <string>

#include "common/settings/schema.hpp"
#include "common/signal.hpp"

namespace foretide::settings {

std::optional<Signal> queue_in(const Section& signal);
// Workers that speak TLS are not asked: `service` tells.
std::optional<Signal> metric_in(const Section& signal, const Section& service);

// "queue http://127.0.0.1:9000/depth, field data.waiting, 10 for each worker, every 5s"
std::string text_for(const QueueDepth& queue);
// "metric vllm:num_requests_waiting below 5, mean of the workers"
std::string text_for(const MetricLimit& limit);

}  // namespace foretide::settings
