// What a row of decisions would have cost, had they been carried out: a service without a queue,
// whose workers are ready a lead time after they were asked for and stop at once, the youngest
// first. Demand does not depend on what is decided, so any number of runs can be played beside the
// real one.
//
// With a lead time of L steps, the ready in a step are the least that was asked for in the L + 1
// decisions before it, and what was asked for last is paid.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace foretide::coordinator {

class ShadowRun {
 public:
  ShadowRun(std::int64_t lead_steps, std::uint32_t workers)
      : asked_(static_cast<std::size_t>(lead_steps) + 1, workers), workers_(workers) {}

  std::uint32_t workers() const { return workers_; }
  std::uint32_t ready() const { return *std::min_element(asked_.begin(), asked_.end()); }
  // Worker's worths of demand that find none ready.
  double unserved(double demand_workers) const {
    return std::max(0.0, demand_workers - static_cast<double>(ready()));
  }
  // In force from the next step on.
  void decide(std::uint32_t workers) {
    workers_ = workers;
    asked_[next_] = workers;
    next_ = next_ + 1 == asked_.size() ? 0 : next_ + 1;
  }

 private:
  std::vector<std::uint32_t> asked_;  // the last decisions, in a ring
  std::size_t next_ = 0;
  std::uint32_t workers_;
};

}  // namespace foretide::coordinator
