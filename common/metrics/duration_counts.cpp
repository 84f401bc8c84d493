#include "common/metrics/duration_counts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

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
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
}

DurationCounts DurationCounts::since(const DurationCounts& earlier) const {
  DurationCounts grown;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    grown.counts_[i] = counts_[i] > earlier.counts_[i] ? counts_[i] - earlier.counts_[i] : 0;
  }
  return grown;
}

std::uint64_t DurationCounts::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::optional<Duration> DurationCounts::quantile(double q) const {
  const std::uint64_t all = total();
  if (all == 0) return std::nullopt;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all));
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += counts_[bucket]) < rank) ++bucket;
  if (bucket == kBuckets - 1) return upper_bound(kBuckets - 2);
  const Duration low = bucket == 0 ? Duration::zero() : upper_bound(bucket - 1);
  return low + (upper_bound(bucket) - low) / 2;
}

}  // namespace foretide
