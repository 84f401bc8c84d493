#include "common/metrics/histogram.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "common/metrics/buckets.hpp"

namespace foretide {

// The octave is the position of the highest bit, the part the three bits behind it.
std::size_t HistogramCounts::bucket_for(Duration duration) {
  const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
  const auto value = static_cast<std::uint64_t>(ns);
  const int octave = std::bit_width(value) - 1;
  if (octave < kFirstOctave) return 0;
  if (octave >= kLastOctave) return kBuckets - 1;
  const auto part = value >> (octave - 3) & (kPartsPerOctave - 1);
  return 1 + static_cast<std::size_t>(octave - kFirstOctave) * kPartsPerOctave + part;
}

Duration HistogramCounts::upper_bound(std::size_t bucket) {
  if (bucket == 0) return Duration{std::int64_t{1} << kFirstOctave};
  if (bucket == kBuckets - 1) return Duration::max();
  const auto octave = static_cast<int>((bucket - 1) / kPartsPerOctave) + kFirstOctave;
  const auto part = static_cast<std::int64_t>((bucket - 1) % kPartsPerOctave);
  return Duration{(kPartsPerOctave + part + 1) << (octave - 3)};
}

void HistogramCounts::add(Duration duration) {
  ++counts_[bucket_for(duration)];
  sum_seconds_ += seconds_in(duration);
}

void HistogramCounts::merge(const HistogramCounts& other) {
  merge_counts(counts_, other.counts_);
  sum_seconds_ += other.sum_seconds_;
}

std::uint64_t HistogramCounts::total() const {
  return total_of(counts_);
}

std::uint64_t HistogramCounts::below(int octave) const {
  const auto end =
      1 + std::clamp(octave - kFirstOctave, 0, kLastOctave - kFirstOctave) * kPartsPerOctave;
  return std::accumulate(counts_.begin(), counts_.begin() + end, std::uint64_t{0});
}

std::optional<Duration> HistogramCounts::quantile(double q) const {
  const auto found = bucket_at(counts_, q);
  if (!found) return std::nullopt;
  const std::size_t bucket = *found;
  if (bucket == 0) return upper_bound(0);
  if (bucket == kBuckets - 1) return upper_bound(kBuckets - 2);
  const Duration low = upper_bound(bucket - 1), high = upper_bound(bucket);
  return low + (high - low) / 2;
}

void Histogram::record(Duration duration) {
  auto& count = counts_[HistogramCounts::bucket_for(duration)];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_seconds_.store(sum_seconds_.load(std::memory_order_relaxed) + seconds_in(duration),
                     std::memory_order_relaxed);
}

HistogramCounts Histogram::read() const {
  HistogramCounts counts;
  for (std::size_t i = 0; i < HistogramCounts::kBuckets; ++i) {
    counts.counts_[i] = counts_[i].load(std::memory_order_relaxed);
  }
  counts.sum_seconds_ = sum_seconds_.load(std::memory_order_relaxed);
  return counts;
}

}  // namespace foretide
