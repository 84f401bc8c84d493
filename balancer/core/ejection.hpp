// When an endpoint is given nothing for a while, because of what its requests have shown.
//
// Five requests in a row that broke or timed out, or a speed far below the others', send it away
// for 5 s; each further time for twice as long, up to 5 min. An endpoint that serves as long as it
// was last away is forgiven one time.
//
// Errors that a worker answers with (5xx) count among the five, but send it away only where others
// answer well: what all answer with an error is the requests' fault, or that of something behind
// them. Without it a worker that fails at once would look like the quickest of all, and draw nearly
// every request.
//
// How many may be away at once is the endpoint set's to say: see `may_eject` there. Source of the
// idea and of the five: Envoy's outlier detection.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/time.hpp"

namespace foretide::balancer {

class Ejection {
 public:
  static constexpr double kFarSlower = 5.0;  // than the others: Speed::relative

  // Whether it has failed often enough.
  bool failed() { return ++failures_in_a_row_ >= kFailuresInARow; }
  // The same, now and then: the question that follows is not for each of a thousand errors.
  bool erred() { return ++failures_in_a_row_ % kFailuresInARow == 0; }
  bool is_serving() const { return failures_in_a_row_ == 0; }
  void served(Instant now) {
    failures_in_a_row_ = 0;
    if (times_ == 0 || now < until_ + away_for(times_ - 1)) return;
    --times_;
    until_ = now;
  }
  void eject(Instant now) {
    failures_in_a_row_ = 0;
    until_ = now + away_for(times_);
    times_ = std::min(times_ + 1, kDoublingsMost + 1);
  }
  bool is_away(Instant now) const { return now < until_; }
  Instant until() const { return until_; }

 private:
  static constexpr std::uint32_t kFailuresInARow = 5, kDoublingsMost = 6;
  static constexpr std::chrono::seconds kFirst{5}, kMost{300};

  static Duration away_for(std::uint32_t times) {
    return std::min<Duration>(kFirst * (1U << std::min(times, kDoublingsMost)), kMost);
  }

  std::uint32_t failures_in_a_row_ = 0, times_ = 0;
  Instant until_{};
};

}  // namespace foretide::balancer
