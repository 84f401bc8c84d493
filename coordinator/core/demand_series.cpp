#include "coordinator/core/demand_series.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
// A second that is this old is closed with what was heard of it.
constexpr std::int64_t kGraceSeconds = 2;
// Reports and seconds never line up exactly; this much of a second must be covered.
constexpr double kCoverMin = 0.9;
constexpr double kSpreadMax = 60.0;

Instant start_of(std::int64_t second) {
  return Instant(second * kSecond);
}

}  // namespace

std::int64_t DemandSeries::second_of(Instant at) {
  const auto since = at.time_since_epoch();
  return since / kSecond - (since % kSecond < Duration::zero() ? 1 : 0);
}

std::int64_t DemandSeries::first() const {
  if (!begin_) return end_;
  return std::max(*begin_, end_ - kSecondsKept);
}

DemandSeries::Cell& DemandSeries::open(std::int64_t second) {
  if (ring_.empty()) ring_.resize(kCells);
  Cell& cell = ring_[static_cast<std::size_t>(second % kCells)];
  if (cell.second != second) cell = Cell{.second = second};
  return cell;
}

const DemandSeries::Cell* DemandSeries::find(std::int64_t second) const {
  if (ring_.empty() || second < 0) return nullptr;
  const Cell& cell = ring_[static_cast<std::size_t>(second % kCells)];
  return cell.second == second ? &cell : nullptr;
}

void DemandSeries::add(Instant from, Instant to, double arrivals) {
  if (to <= from) return;
  if (!begin_) {
    begin_ = second_of(from);
    end_ = *begin_;
  }
  const double whole = seconds_in(to - from);
  // Only seconds that are still open take more; a closed one was judged already.
  for (std::int64_t second = std::max(second_of(from), end_); start_of(second) < to; ++second) {
    const Instant begin = std::max(from, start_of(second));
    const double part = seconds_in(std::min(to, start_of(second + 1)) - begin);
    Cell& cell = open(second);
    cell.arrivals += arrivals * part / whole;
    cell.covered += part;
  }
}

double DemandSeries::mean_arrivals(std::int64_t second, double over_seconds) const {
  const auto count =
      static_cast<std::int64_t>(std::clamp(std::round(over_seconds), 1.0, kSpreadMax));
  double sum = 0.0;
  int known = 0;
  for (std::int64_t at = second; at > second - count; --at) {
    const Cell* cell = find(at);
    if (!cell || !cell->known) continue;
    sum += cell->arrivals;
    ++known;
  }
  return known == 0 ? 0.0 : sum / known;
}

void DemandSeries::close(Instant now, std::uint32_t balancers,
                         std::optional<double> service_seconds) {
  if (!begin_) return;
  // After a long silence nothing of the gap is known; do not walk through all of it.
  end_ = std::max(end_, second_of(now) - kCells + 1);
  while (start_of(end_ + 1) <= now) {
    Cell& cell = open(end_);
    const bool covered = balancers > 0 && cell.covered >= kCoverMin * balancers;
    if (!covered && now < start_of(end_ + 1) + kGraceSeconds * kSecond) return;
    cell.known = covered;
    const double rate = covered ? mean_arrivals(end_, service_seconds.value_or(1.0)) : 0.0;
    if (rate > 0.0 && !service_seconds) cell.known = false;
    if (cell.known) {
      cell.load = rate * service_seconds.value_or(0.0);
      if (!known_since_) known_since_ = end_;
    }
    ++end_;
  }
}

void DemandSeries::restore(std::int64_t second, std::optional<double> load) {
  if (!begin_) begin_ = end_ = second;
  if (second < end_) return;
  open(second) = {.second = second, .known = load.has_value(), .load = load.value_or(0.0)};
  if (load && !known_since_) known_since_ = second;
  end_ = second + 1;
}

std::optional<double> DemandSeries::load(std::int64_t second) const {
  const Cell* cell = find(second);
  if (!cell || !cell->known || second >= end_) return std::nullopt;
  return cell->load;
}

std::optional<double> DemandSeries::arrivals(std::int64_t second) const {
  const Cell* cell = find(second);
  if (!cell || !cell->known || second >= end_) return std::nullopt;
  return cell->arrivals;
}

std::optional<double> DemandSeries::latest(Instant now, Duration age_max) const {
  for (std::int64_t second = end_ - 1; second >= first(); --second) {
    if (now - start_of(second + 1) > age_max) return std::nullopt;
    if (const auto known = load(second)) return known;
  }
  return std::nullopt;
}

std::optional<double> DemandSeries::max_over(Instant now, Duration window) const {
  std::optional<double> largest;
  for (std::int64_t second = end_ - 1; second >= first(); --second) {
    if (now - start_of(second + 1) > window) break;
    const auto known = load(second);
    if (known && (!largest || *known > *largest)) largest = known;
  }
  return largest;
}

std::int64_t DemandSeries::known_seconds(Instant now, Duration window) const {
  std::int64_t known = 0;
  for (std::int64_t second = end_ - 1; second >= first(); --second) {
    if (now - start_of(second + 1) > window) break;
    known += load(second).has_value() ? 1 : 0;
  }
  return known;
}

}  // namespace foretide::coordinator
