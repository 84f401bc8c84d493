// Demand as it is kept for another life of the coordinator: what is written, and what is made of it
// when the next life begins. Where it is kept is another's affair (coordinator/io/history_keeper).
//
// Two things are kept of each service: rows, one for each second that the series has closed, and
// now and then the steps that its predictor learned from. A life that begins takes the steps as far
// as they go and the rows after them, so nothing has to be learned again.
//
// Times are seconds of the wall clock; `wall_before` is by how much they are more than the series'
// own seconds. What is not known is absent, not zero.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/core/service_record.hpp"
#include "coordinator/core/step.hpp"

namespace foretide::coordinator {

struct HistoryRow {
  std::int64_t at = 0;                     // the beginning of what it is about
  std::optional<double> demand, forecast;  // load, in requests in flight
  double desired = 0.0, ready = 0.0;       // means
};

enum class HistoryGrain : std::int64_t { kSecond = 1, kMinute = 60, kHour = 3600 };
std::int64_t seconds_kept(HistoryGrain grain);

// What a predictor learned from, oldest first.
struct LearnedSteps {
  std::int64_t step_seconds = 1;
  std::int64_t end_at = 0;                  // where the last one ends
  std::vector<std::optional<float>> loads;  // no more than kLearnedStepsMax
  std::vector<std::int64_t> start_times_ms;
};
inline constexpr std::size_t kLearnedStepsMax = 8192;

// ---- what is written ----

// The seconds that were closed from that one of the series on.
std::vector<HistoryRow> rows_for(const ServiceRecord& service, std::int64_t from_second,
                                 std::int64_t wall_before);
// Nothing while nothing was learned, unless prediction is off: then the start times alone.
std::optional<LearnedSteps> steps_for(const ServiceRecord& service, std::int64_t wall_before);

// ---- what is made of it ----

// The past up to `now` from rows and steps as they were kept; what is missing in between is not
// known.
DemandPast past_of(const std::vector<HistoryRow>& minutes, const std::vector<HistoryRow>& seconds,
                   const std::optional<LearnedSteps>& learned, std::int64_t now);
// The same with the start times; nothing when no row was kept.
std::optional<ServicePast> service_past_of(const std::vector<HistoryRow>& minutes,
                                           const std::vector<HistoryRow>& seconds,
                                           const std::optional<LearnedSteps>& learned,
                                           std::int64_t now);

}  // namespace foretide::coordinator
