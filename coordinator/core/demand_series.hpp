// How much work a service was asked to do, second by second: the history that every forecast is
// made from and every reactive rule looks at.
//
// Demand is load: requests that would be in service at once had none of them waited, which is
// arrivals per second times the mean service time (Little's law). Ten requests a second of half a
// second each are a load of 5, whether five workers serve them or one works through a growing
// queue; what is held in the queue never enters. A long service time spreads each arrival over as
// many seconds, as the real requests in service are spread.
//
// Counts of several balancers add up. A second that some live balancer did not cover is missing,
// not zero, and stays missing. Bounded: the last hour. Time is the receiver's clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/time.hpp"

namespace foretide::coordinator {

class DemandSeries {
 public:
  static constexpr std::int64_t kCells = 3600;
  // What may be asked about: the oldest cells are already being reused.
  static constexpr std::int64_t kSecondsKept = kCells - 120;

  // Arrivals that one balancer counted over [from, to).
  void add(Instant from, Instant to, double arrivals);

  // Closes every second that all `balancers` have covered, or that is too old to wait for. The mean
  // service time is the one that holds now.
  void close(Instant now, std::uint32_t balancers, std::optional<double> service_seconds);

  // In place of these, from the record of another series: a second that it has closed, at the end
  // or later. What lies between is not known.
  void restore(std::int64_t second, std::optional<double> load);

  // Closed seconds are [first(), end()); nothing when that second is missing or was never seen.
  std::int64_t first() const;
  std::int64_t end() const { return end_; }
  std::optional<double> load(std::int64_t second) const;
  std::optional<double> arrivals(std::int64_t second) const;

  // The newest known load, if it is not older than `age_max`.
  std::optional<double> latest(Instant now, Duration age_max) const;
  // The largest known load of the last `window`.
  std::optional<double> max_over(Instant now, Duration window) const;
  // The first second that was ever closed with something known in it.
  std::optional<std::int64_t> known_since() const { return known_since_; }
  // How many seconds of the last `window` are known.
  std::int64_t known_seconds(Instant now, Duration window) const;

  static std::int64_t second_of(Instant at);

 private:
  struct Cell {
    std::int64_t second = -1;
    double arrivals = 0.0;
    double covered = 0.0;  // balancer-seconds
    bool known = false;
    double load = 0.0;
  };
  Cell& open(std::int64_t second);
  const Cell* find(std::int64_t second) const;
  double mean_arrivals(std::int64_t second, double over_seconds) const;

  std::vector<Cell> ring_;
  std::optional<std::int64_t> begin_;  // the first second of all
  std::int64_t end_ = 0;               // the first second that is not closed yet
  std::optional<std::int64_t> known_since_;
};

}  // namespace foretide::coordinator
