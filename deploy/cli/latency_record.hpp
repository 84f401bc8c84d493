// Durations, kept so that quantiles can be read at the end: counts in buckets that each are 2 %
// wider than the one before, from a microsecond to a quarter of an hour. A quantile is therefore
// right to 2 %, and a million requests cost as much memory as one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace foretide::cli {

class LatencyRecord {
 public:
  void add(std::chrono::nanoseconds duration);
  void add(const LatencyRecord& other);
  // In milliseconds; 0 when nothing was recorded. `share` from 0 to 1.
  double quantile_ms(double share) const;
  double longest_ms() const { return longest_us_ / 1000.0; }
  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t kBuckets = 1050;
  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  double longest_us_ = 0;
};

}  // namespace foretide::cli
