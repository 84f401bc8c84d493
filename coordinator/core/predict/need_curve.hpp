// For each worker, the first, the second and so on, the share of it that is expected to be needed
// at one moment: a distribution of demand seen through whole workers. A demand of 2.3 needs all of
// the first two and 0.3 of the third; where it is 2.3 or 0 with even odds, the curve says 0.5, 0.5
// and 0.15. It falls from worker to worker, and its sum is the mean.
//
// That is all a decision about numbers asks of a forecast: what one more worker would serve.
#pragma once

#include <cstddef>
#include <vector>

namespace foretide::coordinator {

class NeedCurve {
 public:
  explicit NeedCurve(std::size_t workers_max) : shares_(workers_max) {}

  // Outcomes with their weights, then `end`. Demand beyond the last worker counts as all of them.
  void begin();
  void add(double demand_workers, double weight);
  void end();
  // Makes it so much of `other`, and of itself the rest.
  void mix_in(const NeedCurve& other, double share);

  float operator[](std::size_t worker) const { return shares_[worker]; }
  std::size_t size() const { return shares_.size(); }
  double mean() const { return mean_; }  // after the end
  // No outcome was added, of which nothing follows; not the same as a demand of zero.
  bool is_empty() const { return weight_ == 0.0; }

 private:
  std::vector<float> shares_;
  double weight_ = 0.0, mean_ = 0.0;
};

// Until the end each cell holds what falls off from its worker to the next.
inline void NeedCurve::add(double demand_workers, double weight) {
  weight_ += weight;
  if (!(demand_workers > 0.0)) return;
  if (demand_workers >= static_cast<double>(shares_.size())) {
    shares_.back() += static_cast<float>(weight);
    return;
  }
  const auto whole = static_cast<std::size_t>(demand_workers);
  const double part = demand_workers - static_cast<double>(whole);
  shares_[whole] += static_cast<float>(weight * part);
  if (whole > 0) shares_[whole - 1] += static_cast<float>(weight * (1.0 - part));
}

}  // namespace foretide::coordinator
