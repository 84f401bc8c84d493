// Plain numbers that may stand for what demand will be, at each of the last steps: the largest of a
// quarter of an hour, of two hours, and of about this time yesterday and a week ago. How far off
// each was is what a policy makes of it (need_policies.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "coordinator/core/predict/calendar.hpp"
#include "coordinator/core/predict/demand_history.hpp"

namespace foretide::coordinator {

enum class Base : std::uint8_t { kQuarterHour, kTwoHours, kSeason };

class DemandBases {
 public:
  static constexpr std::int64_t kKept = 4096;  // steps

  explicit DemandBases(std::int64_t ahead);

  // Once a step, of the history's newest.
  void note(const DemandHistory& history, const Calendar& calendar);
  // As a root, at one of the last kKept steps.
  double root(Base base, std::int64_t step) const {
    return rings_[static_cast<std::size_t>(base)][static_cast<std::size_t>(step % kKept)];
  }

 private:
  void put(Base base, std::int64_t step, double root);

  std::int64_t ahead_;
  std::array<std::vector<float>, 3> rings_;
};

}  // namespace foretide::coordinator
