// What one worker used in the last half minute, as its node's samples have it: one a second, so 30
// numbers, of which a mean is asked for. A value that a sample does not have is missing and not
// zero. Bounded by age and, should a node send faster, by number: the oldest go.
#pragma once

#include <optional>
#include <vector>

#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::coordinator {

// What signals are judged by.
inline constexpr Duration kSignalWindow = std::chrono::seconds(30);
// A worker that was just started fills caches and compiles: what it uses then says nothing of the
// load.
inline constexpr Duration kWarmUp = std::chrono::seconds(30);

class RecentUsage {
 public:
  static constexpr std::size_t kKept = 64;

  void add(Instant at, const wire::WorkerSample& sample);

  // Means of the samples that came after `from`.
  std::optional<double> cpu_cores_since(Instant from) const;
  std::optional<double> resident_bytes_since(Instant from) const;

 private:
  struct Sample {
    Instant at{};
    std::optional<double> cpu_cores, resident_bytes;
  };
  std::optional<double> mean_of(std::optional<double> Sample::*value, Instant from) const;

  std::vector<Sample> samples_;  // oldest first
};

}  // namespace foretide::coordinator
