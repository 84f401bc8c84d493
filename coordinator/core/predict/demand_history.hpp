// The demand as forecasters see it: one value a step, in workers, as its square root. A count's
// noise grows with the square root of the count, so on this scale it is as large by day as by night
// (Anscombe, "The transformation of Poisson, binomial and negative-binomial data", 1948).
//
// A step of which nothing is known is filled with what was expected then: it keeps averages whole,
// and whoever learns asks `is_known` first.
//
// Two rings: the last steps as they are, and fifteen days in cells of a minute or of a step,
// whichever is longer. What is older than the first is answered by the second, with the mean of the
// cell. Both keep running sums, so a mean over any stretch is one subtraction.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/check.hpp"

namespace foretide::coordinator {

class DemandHistory {
 public:
  static constexpr std::int64_t kStepsKept = 8191;
  static constexpr std::int64_t kCellsKept = 15 * 24 * 60;

  explicit DemandHistory(double step_seconds);

  void add(double root, bool known);
  // As many alike as make a cell; at the beginning of one.
  void add_cell(double root, bool known);

  std::int64_t end() const { return end_; }  // steps so far; the newest is end() - 1
  double step_seconds() const { return step_seconds_; }
  // How many steps make a day or a week; 0 where a step is too long for there to be any.
  std::int64_t steps_in(double seconds) const;

  // Of the last kStepsKept steps.
  double root(std::int64_t step) const { return sums_.sum(step, step + 1); }
  bool is_known(std::int64_t step) const {
    return step >= sums_.first() && step < end_ && known_[known_slot(step)] != 0;
  }
  // Over the last `width` steps up to `step`, or as many as there are.
  double mean(std::int64_t step, std::int64_t width) const;
  double largest(std::int64_t step, std::int64_t width) const;

  // Around a step however old, `half` steps to either side as far as there are any.
  double mean_around(std::int64_t step, std::int64_t half) const;
  bool reaches(std::int64_t step) const;

  // The cells before `step` that are kept, oldest first; a cell is `steps_in_cell()` steps.
  std::int64_t steps_in_cell() const { return per_cell_; }
  std::vector<float> cells_before(std::int64_t step) const;
  std::int64_t first_step_kept() const { return sums_.first(); }

 private:
  static constexpr std::size_t kKnownSize = 8192;
  static_assert(kKnownSize > kStepsKept);
  static std::size_t known_slot(std::int64_t step) {
    return static_cast<std::size_t>(step) & (kKnownSize - 1);
  }

  // Sums of all values before each of the last ones. What is read is here and not in a file of its
  // own, because thousands are read each step.
  class Sums {
   public:
    explicit Sums(std::int64_t kept);
    void add(double value);
    std::int64_t end() const { return end_; }
    std::int64_t first() const { return std::max<std::int64_t>(0, end_ - kept_); }
    double sum(std::int64_t from, std::int64_t to) const {
      CHECK(from >= first() && from <= to && to <= end_, "only what is kept can be asked for");
      return before(to) - before(from);
    }

   private:
    double& before(std::int64_t at) { return ring_[slot(at)]; }
    double before(std::int64_t at) const { return ring_[slot(at)]; }
    std::size_t slot(std::int64_t at) const {
      const auto place = static_cast<std::size_t>(at);
      return mask_ != 0 ? place & mask_ : place % ring_.size();
    }
    std::int64_t kept_;
    std::vector<double> ring_;
    std::size_t mask_;  // where its size is a power of two, else 0
    std::int64_t end_ = 0;
  };

  double step_seconds_;
  std::int64_t per_cell_;
  std::int64_t end_ = 0;
  Sums sums_, cells_;
  std::vector<std::uint8_t> known_;
};

}  // namespace foretide::coordinator
