// What people are told while starts of a service's release are stopped: that they are, after how
// many failures, what the last one said, and when the next trial is. Computed when asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"
#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {

struct StoppedStarts {
  // "starts stopped: 4 of the last 5 starts of release 3f2a failed: ended before it was ready with
  // exit code 1; next trial in 20 s"
  std::string text;
  ReleaseId release;
  std::uint32_t failures = 0, starts = 0;  // so many of so many latest ones failed
  std::string reason;                      // of the last that failed
  std::vector<std::string> output;
  std::optional<double> next_trial_seconds;  // absent: one is under way
};

// Nothing while starts go on.
std::optional<StoppedStarts> stopped_starts_of(const ServiceRecord& service, Instant now);

}  // namespace foretide::coordinator
