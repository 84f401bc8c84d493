// Carries demand from the core into the history file and, when a coordinator begins, back.
//
// Seconds are written as the core has closed them, each service once in ten seconds and not all at
// the same time, and its moments up to then; what its predictor and its capacity were learned from,
// every five minutes. A second's place in wall time is fixed once and moves only when the clock was
// set by more than a moment, so that no second is written twice. Who asks gets what is not written
// yet from memory: asking writes nothing. A file that cannot be written costs history, nothing
// else: it is told and tried again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "common/time.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/io/history_sqlite.hpp"

namespace foretide::coordinator {

class HistoryKeeper {
 public:
  static Result<HistoryKeeper> open(const std::string& path, WallTime now);

  // About once a second.
  Outcome keep(const State& state, Instant now, WallTime wall);
  // Everything that is not written yet.
  Outcome keep_all(const State& state, Instant now, WallTime wall);

  // What is known of each service's demand up to now.
  Result<std::map<ServiceId, ServicePast>> pasts(const ClusterSettings& cluster, WallTime now);

  // The service's moments behind that id, as many as fit one answer; where the file has no more,
  // those that are not written yet, up to now. Writes nothing.
  Result<std::vector<KeptMoments>> moments(const ServiceRecord& service, std::int64_t after) const;

  History& history() { return *history_; }

 private:
  struct Kept {
    std::int64_t until_second = 0;  // of the series
    std::int64_t steps_at = 0;      // when the learned steps were written
    std::int64_t moments_life = 0;
    std::uint64_t moments_until = 0;  // finished chunks
  };
  explicit HistoryKeeper(std::unique_ptr<History> history) : history_(std::move(history)) {}
  void fix_clock(Instant now, WallTime wall);
  Outcome keep_seconds(const ServiceRecord& service, Kept& kept);
  Outcome keep_steps(const ServiceRecord& service);
  static std::vector<MomentChunk> unkept(const ServiceRecord& service, const Kept& kept);
  Outcome keep_moments(const ServiceRecord& service, Kept& kept);
  Outcome keep_capacity(const ServiceRecord& service);

  std::unique_ptr<History> history_;
  std::map<ServiceId, Kept> kept_;
  std::optional<std::int64_t> wall_before_;  // wall seconds less the series' seconds
};

}  // namespace foretide::coordinator
