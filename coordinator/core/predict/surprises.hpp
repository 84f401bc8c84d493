// How wrong the forecast of one step was lately: in its last steps, over a longer while, and at its
// worst. Errors come in clusters, so these tell when the next one may be large.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace foretide::coordinator {

class Surprises {
 public:
  // The error of a step that was known.
  void add(double error) {
    const double size = std::abs(error);
    last_ = error;
    fast_ += kFast * (size - fast_);
    slow_ += kSlow * (size - slow_);
    recent_[next_++ % recent_.size()] = size;
  }
  double last() const { return last_; }
  double fast() const { return fast_; }
  double slow() const { return slow_; }
  double worst() const { return *std::max_element(recent_.begin(), recent_.end()); }

 private:
  static constexpr double kFast = 0.3, kSlow = 0.03;  // means over about three and thirty steps
  std::array<double, 12> recent_{};
  std::size_t next_ = 0;
  double last_ = 0.0, fast_ = 0.0, slow_ = 0.0;
};

}  // namespace foretide::coordinator
