// The coordinator's own metrics in Prometheus text: what it knows of services, workers and nodes,
// what its channel and its inbox counted, and how long `step` takes. Labels are services, worker
// states and node names only, so their number is bounded by what the cluster file and the
// enrolments allow.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "common/io/zmq_channel.hpp"
#include "common/time.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/io/peer_inbox.hpp"

namespace foretide::coordinator {

// How long each call of `step` took; bounds from 10 us to 100 ms.
class StepTimes {
 public:
  static constexpr std::array<double, 9> kBoundsSeconds{1e-5, 5e-5, 1e-4, 5e-4, 1e-3,
                                                        5e-3, 1e-2, 5e-2, 1e-1};
  void add(Duration duration);
  std::uint64_t count() const { return count_; }
  double sum_seconds() const { return sum_seconds_; }
  const std::array<std::uint64_t, kBoundsSeconds.size()>& within() const {
    return within_;
  }  // cumulative

 private:
  std::array<std::uint64_t, kBoundsSeconds.size()> within_{};
  std::uint64_t count_ = 0;
  double sum_seconds_ = 0.0;
};

struct MetricsInput {
  const State& state;
  Instant now;
  ChannelCounts channel;
  InboxCounts inbox;
  const StepTimes& step_times;
  std::uint64_t decisions_total = 0;
  std::uint64_t reloads_total = 0, reload_errors_total = 0;
  bool store_writes = true;  // false: what the core decides cannot be stored now
};

std::string metrics_page(const MetricsInput& input);

}  // namespace foretide::coordinator
