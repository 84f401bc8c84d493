#include "coordinator/core/predict/demand_history.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/check.hpp"

namespace foretide::coordinator {
namespace {

constexpr double kCellSeconds = 60.0;

}  // namespace

DemandHistory::Sums::Sums(std::int64_t kept)
    : kept_(kept),
      ring_(static_cast<std::size_t>(kept) + 1),
      mask_(std::has_single_bit(ring_.size()) ? ring_.size() - 1 : 0) {}

void DemandHistory::Sums::add(double value) {
  before(end_ + 1) = before(end_) + value;
  ++end_;
}

DemandHistory::DemandHistory(double step_seconds)
    : step_seconds_(step_seconds),
      per_cell_(std::max<std::int64_t>(1, std::llround(kCellSeconds / step_seconds))),
      sums_(kStepsKept),
      cells_(kCellsKept),
      known_(kKnownSize) {}

void DemandHistory::add(double root, bool known) {
  sums_.add(root);
  known_[known_slot(end_)] = known ? 1 : 0;
  ++end_;
  if (end_ % per_cell_ == 0) {
    cells_.add(sums_.sum(end_ - per_cell_, end_) / static_cast<double>(per_cell_));
  }
}

void DemandHistory::add_cell(double root, bool known) {
  CHECK(end_ % per_cell_ == 0, "a cell begins where another ends");
  for (std::int64_t i = 0; i < per_cell_; ++i) {
    sums_.add(root);
    known_[known_slot(end_++)] = known ? 1 : 0;
  }
  cells_.add(root);
}

std::int64_t DemandHistory::steps_in(double seconds) const {
  const auto steps = static_cast<std::int64_t>(std::llround(seconds / step_seconds_));
  return std::abs(static_cast<double>(steps) * step_seconds_ - seconds) < 1e-6 * seconds ? steps
                                                                                         : 0;
}

double DemandHistory::mean(std::int64_t step, std::int64_t width) const {
  const std::int64_t from = std::max(sums_.first(), step - width + 1);
  return sums_.sum(from, step + 1) / static_cast<double>(step + 1 - from);
}

double DemandHistory::largest(std::int64_t step, std::int64_t width) const {
  double most = 0.0;
  for (std::int64_t at = std::max(sums_.first(), step - width + 1); at <= step; ++at) {
    most = std::max(most, root(at));
  }
  return most;
}

bool DemandHistory::reaches(std::int64_t step) const {
  return step >= 0 && step < end_ && (step >= sums_.first() || step / per_cell_ >= cells_.first());
}

double DemandHistory::mean_around(std::int64_t step, std::int64_t half) const {
  if (step - half >= sums_.first() || sums_.first() == 0) {
    const std::int64_t from = std::max(sums_.first(), step - half);
    const std::int64_t to = std::min(end_, step + half + 1);
    return sums_.sum(from, to) / static_cast<double>(to - from);
  }
  const std::int64_t from = std::max(cells_.first(), (step - half) / per_cell_);
  const std::int64_t to = std::clamp((step + half) / per_cell_ + 1, from + 1, cells_.end());
  return cells_.sum(from, to) / static_cast<double>(to - from);
}

std::vector<float> DemandHistory::cells_before(std::int64_t step) const {
  std::vector<float> roots;
  const std::int64_t end = std::min(cells_.end(), step / per_cell_);
  for (std::int64_t cell = cells_.first(); cell < end; ++cell) {
    roots.push_back(static_cast<float>(cells_.sum(cell, cell + 1)));
  }
  return roots;
}

}  // namespace foretide::coordinator
