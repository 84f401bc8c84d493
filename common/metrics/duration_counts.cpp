#include "common/metrics/duration_counts.hpp"

#include <algorithm>

#include "common/metrics/buckets.hpp"
#include "common/metrics/histogram.hpp"

namespace foretide {
namespace {

// The fine buckets that are below our first bound; from there on two make one.
constexpr std::size_t kFineBelow =
    1 + (DurationCounts::kFirstOctave - HistogramCounts::kFirstOctave) *
            HistogramCounts::kPartsPerOctave;

}  // namespace

std::size_t DurationCounts::bucket_for(Duration duration) {
  const std::size_t fine = HistogramCounts::bucket_for(duration);
  if (fine < kFineBelow) return 0;
  return std::min((fine - kFineBelow) / 2 + 1, kBuckets - 1);
}

Duration DurationCounts::upper_bound(std::size_t bucket) {
  if (bucket >= kBuckets - 1) return Duration::max();
  return HistogramCounts::upper_bound(kFineBelow - 1 + 2 * bucket);
}

void DurationCounts::merge(const DurationCounts& other) {
  merge_counts(counts_, other.counts_);
}

DurationCounts DurationCounts::since(const DurationCounts& earlier) const {
  DurationCounts grown;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    grown.counts_[i] = counts_[i] > earlier.counts_[i] ? counts_[i] - earlier.counts_[i] : 0;
  }
  return grown;
}

std::uint64_t DurationCounts::total() const {
  return total_of(counts_);
}

std::optional<Duration> DurationCounts::quantile(double q) const {
  const auto found = bucket_at(counts_, q);
  if (!found) return std::nullopt;
  const std::size_t bucket = *found;
  if (bucket == kBuckets - 1) return upper_bound(kBuckets - 2);
  const Duration low = bucket == 0 ? Duration::zero() : upper_bound(bucket - 1);
  return low + (upper_bound(bucket) - low) / 2;
}

}  // namespace foretide
