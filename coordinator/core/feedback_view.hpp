// What is shown of a service's feedback: plain numbers, absent where they are not known. The admin
// API, the metrics and `foretide explain` all show these.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/core/causes.hpp"
#include "coordinator/core/lead_time.hpp"

namespace foretide::coordinator {

// From exec to ready, of the last starts.
struct StartQuantiles {
  double p50_seconds = 0.0, p90_seconds = 0.0, p99_seconds = 0.0;
};

struct FeedbackView {
  std::string prediction_state;  // on, off, learning, shadow; empty where nothing is predicted
  std::optional<double> forecast_error_ratio, forecast_bias, coverage;
  std::optional<double> unserved_share_hour, unserved_share_day;
  std::optional<double> idle_share_hour, idle_share_day;
  std::optional<StartQuantiles> start;
  std::uint64_t starts_measured = 0;  // that the quantiles are of
  std::uint64_t starts_total = 0;     // since this coordinator began
  double start_seconds_total = 0.0;
  CauseCounts waits;
};

FeedbackView feedback_view(const ServiceRecord& service, Instant now);

// Nearest ranks; nothing before the first start.
std::optional<StartQuantiles> quantiles_of(const StartTimes& starts);

}  // namespace foretide::coordinator
