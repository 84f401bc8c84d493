#include "coordinator/core/supply_ledger.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kCellSeconds = 300;
constexpr std::int64_t kCells = 24 * 3600 / kCellSeconds;
// The series closes a second after three at most; beyond these it stands still.
constexpr std::size_t kStandsMost = 60;

}  // namespace

void SupplyLedger::observe(Instant now, double carried, bool is_waking) {
  const std::int64_t second = DemandSeries::second_of(now);
  if (!stands_.empty() && stands_.back().second >= second) return;
  stands_.push_back({second, carried, is_waking});
  if (stands_.size() > kStandsMost) stands_.pop_front();
}

SupplyLedger::Cell& SupplyLedger::open(std::int64_t second) {
  if (ring_.empty()) ring_.resize(kCells);
  const std::int64_t number = second / kCellSeconds;
  Cell& cell = ring_[static_cast<std::size_t>(number % kCells)];
  if (cell.number != number) cell = Cell{.number = number};
  return cell;
}

void SupplyLedger::count(Instant now, double arrivals, double waited) {
  if (arrivals <= 0.0 && waited <= 0.0) return;
  Cell& cell = open(DemandSeries::second_of(now));
  cell.arrivals += arrivals;
  cell.waited += waited;
}

void SupplyLedger::settle(const DemandSeries& series) {
  while (!stands_.empty() && stands_.front().second < series.end()) {
    const Stand stand = stands_.front();
    stands_.pop_front();
    const auto load = series.load(stand.second);
    if (!load) continue;
    Cell& cell = open(stand.second);
    cell.load += *load;
    cell.carried += stand.carried;
    cell.idle += std::max(0.0, stand.carried - *load);
    if (!stand.is_waking) cell.unserved += std::max(0.0, *load - stand.carried);
  }
}

SupplyLedger::Cell SupplyLedger::sum_over(Instant now, Duration window) const {
  const std::int64_t last = DemandSeries::second_of(now) / kCellSeconds;
  const std::int64_t before = last - static_cast<std::int64_t>(seconds_in(window)) / kCellSeconds;
  Cell sum;
  for (const Cell& cell : ring_) {
    if (cell.number <= before || cell.number > last) continue;
    sum.load += cell.load;
    sum.unserved += cell.unserved;
    sum.carried += cell.carried;
    sum.idle += cell.idle;
    sum.arrivals += cell.arrivals;
    sum.waited += cell.waited;
  }
  return sum;
}

std::optional<double> SupplyLedger::unserved_share(Instant now, Duration window) const {
  const Cell sum = sum_over(now, window);
  if (sum.load <= 0.0 && sum.arrivals <= 0.0) return std::nullopt;
  const double of_load = sum.load > 0.0 ? sum.unserved / sum.load : 0.0;
  const double of_requests = sum.arrivals > 0.0 ? std::min(1.0, sum.waited / sum.arrivals) : 0.0;
  return std::max(of_load, of_requests);
}

std::optional<double> SupplyLedger::idle_share(Instant now, Duration window) const {
  const Cell sum = sum_over(now, window);
  if (sum.carried <= 0.0) return std::nullopt;
  return sum.idle / sum.carried;
}

}  // namespace foretide::coordinator
