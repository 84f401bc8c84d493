// What is known of a service's demand before a predictor begins, as load in requests in flight: the
// last steps as fine as they were, and before them minutes, up to fifteen days. Nothing where it is
// not known; the steps follow right after the minutes.
//
// A predictor of another shape is grown from it, after a change of the lead time as after a
// restart.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/predict/demand_history.hpp"

namespace foretide::coordinator {

struct DemandPast {
  std::vector<std::optional<float>> minutes;
  double step_seconds = 1.0;
  std::vector<std::optional<float>> steps;
};

// The mean of the known ones; nothing when less than half are known.
class KnownMean {
 public:
  void add(std::optional<double> value) {
    ++count_;
    if (!value) return;
    sum_ += *value;
    ++known_;
  }
  std::int64_t count() const { return count_; }
  std::optional<double> mean() const {
    if (known_ * 2 < count_ || known_ == 0) return std::nullopt;
    return sum_ / static_cast<double>(known_);
  }

 private:
  double sum_ = 0.0;
  std::int64_t known_ = 0, count_ = 0;
};

// The same past in other steps. Where those are no whole number of these, what the steps say goes
// into the minutes: nobody can know what a finer step would have been. In steps of a minute the
// minutes are steps too.
DemandPast in_steps_of(DemandPast past, double step_seconds);

// Of what a predictor was fed, a worker then being worth `capacity`.
DemandPast past_of(const DemandHistory& history, double capacity);
// Of the seconds before `end`, all that are kept, in steps that end there.
DemandPast past_of(const DemandSeries& series, std::int64_t step_seconds, std::int64_t end);

}  // namespace foretide::coordinator
