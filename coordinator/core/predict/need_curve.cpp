#include "coordinator/core/predict/need_curve.hpp"

#include <algorithm>

namespace foretide::coordinator {

void NeedCurve::begin() {
  std::fill(shares_.begin(), shares_.end(), 0.0F);
  weight_ = 0.0;
}

void NeedCurve::end() {
  const double scale = weight_ > 0.0 ? 1.0 / weight_ : 0.0;
  double sum = 0.0;
  mean_ = 0.0;
  for (std::size_t worker = shares_.size(); worker-- > 0;) {
    sum += shares_[worker];
    shares_[worker] = static_cast<float>(sum * scale);
    mean_ += sum * scale;
  }
}

void NeedCurve::mix_in(const NeedCurve& other, double share) {
  const auto theirs = static_cast<float>(share), ours = static_cast<float>(1.0 - share);
  for (std::size_t worker = 0; worker < shares_.size(); ++worker) {
    shares_[worker] = ours * shares_[worker] + theirs * other.shares_[worker];
  }
  mean_ = (1.0 - share) * mean_ + share * other.mean_;
}

}  // namespace foretide::coordinator
