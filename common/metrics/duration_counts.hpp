// How many requests took how long, coarse enough to be sent twice a second: HistogramCounts'
// buckets, two of them put together, from half a millisecond to 18 minutes. A bucket is a quarter
// of its value wide at most, so its middle is wrong by an eighth (12.5 %) at most.
//
// A plain value with one owner. `add` is one increment: it is on every request's path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/time.hpp"

namespace foretide {

class DurationCounts {
 public:
  // 2^19 ns is the first bound (0.52 ms), 2^40 ns the last (18 min).
  static constexpr int kFirstOctave = 19, kLastOctave = 40, kPartsPerOctave = 4;
  static constexpr std::size_t kBuckets = (kLastOctave - kFirstOctave) * kPartsPerOctave + 2;
  using Counts = std::array<std::uint64_t, kBuckets>;

  DurationCounts() = default;
  explicit DurationCounts(const Counts& counts) : counts_(counts) {}

  static std::size_t bucket_for(Duration duration);
  // What the bucket's durations are below; the last one's have no bound.
  static Duration upper_bound(std::size_t bucket);

  void add(Duration duration) { ++counts_[bucket_for(duration)]; }
  void merge(const DurationCounts& other);
  // What was counted since `earlier`; a count that is lower now began anew, and counts for nothing.
  DurationCounts since(const DurationCounts& earlier) const;

  const Counts& counts() const { return counts_; }
  std::uint64_t total() const;
  // The duration that the share `q` (0 to 1) did not exceed; nothing when there are none. Beyond
  // the last bound it is that bound.
  std::optional<Duration> quantile(double q) const;

  friend bool operator==(const DurationCounts&, const DurationCounts&) = default;

 private:
  Counts counts_{};
};

}  // namespace foretide
