// The coordinator's own metrics in Prometheus text: what it knows of services, workers and nodes,
// what its channel and its inbox counted, and how long `step` takes. Labels are services, worker
// states, signals and node names only, so their number is bounded by what the cluster file and the
// enrolments allow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/io/zmq_channel.hpp"
#include "common/metrics/histogram.hpp"
#include "common/time.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/io/peer_inbox.hpp"
#include "coordinator/io/queue_watch.hpp"

namespace foretide::coordinator {

struct MetricsInput {
  const State& state;
  Instant now;
  ChannelCounts channel;
  InboxCounts inbox;
  const HistogramCounts& step_times;
  std::uint64_t decisions_total = 0;
  std::uint64_t reloads_total = 0, reload_errors_total = 0;
  bool store_writes = true;  // false: what the core decides cannot be stored now
  std::vector<QueueCounts> queues = {};
};

std::string metrics_page(const MetricsInput& input);

}  // namespace foretide::coordinator
