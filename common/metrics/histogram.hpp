// How long things took, from a microsecond to an hour, in 256 buckets: every octave is cut into
// eight equal parts, so a bucket is at most an eighth of its value wide and its middle is wrong by
// a sixteenth (6.3 %) at most. Shorter and longer ones have a bucket of their own at either end.
// The same buckets everywhere, so any two can be added up; 2 KiB each.
//
// `Histogram` is written by one thread (plain loads and stores, like Counter) and read by any;
// `HistogramCounts` is what was read: a value.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/time.hpp"

namespace foretide {

class HistogramCounts {
 public:
  // 2^10 ns is the first bound (1.02 us), 2^42 ns the last (73 min).
  static constexpr int kFirstOctave = 10, kLastOctave = 42, kPartsPerOctave = 8;
  static constexpr std::size_t kBuckets = (kLastOctave - kFirstOctave) * kPartsPerOctave + 2;

  static std::size_t bucket_for(Duration duration);
  // What the bucket's durations are below; the last one's have no bound.
  static Duration upper_bound(std::size_t bucket);

  void add(Duration duration);
  void merge(const HistogramCounts& other);

  std::uint64_t total() const;
  double sum_seconds() const { return sum_seconds_; }
  // How many were shorter than 2^octave nanoseconds.
  std::uint64_t below(int octave) const;
  // The duration that the share `q` (0 to 1) did not exceed; nothing when there are none.
  std::optional<Duration> quantile(double q) const;

 private:
  friend class Histogram;
  std::array<std::uint64_t, kBuckets> counts_{};
  double sum_seconds_ = 0.0;
};

class Histogram {
 public:
  void record(Duration duration);
  HistogramCounts read() const;

 private:
  std::array<std::atomic<std::uint64_t>, HistogramCounts::kBuckets> counts_{};
  std::atomic<double> sum_seconds_{0.0};
};

}  // namespace foretide
