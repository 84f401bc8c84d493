// What any array of buckets with counts can be asked: how many there are in all, and in which
// bucket a quantile lies. What a bucket stands for its owner knows.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>

namespace foretide {

template <std::size_t Size>
void merge_counts(std::array<std::uint64_t, Size>& sum,
                  const std::array<std::uint64_t, Size>& other) {
  for (std::size_t i = 0; i < Size; ++i) sum[i] += other[i];
}

template <std::size_t Size>
std::uint64_t total_of(const std::array<std::uint64_t, Size>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

// The bucket of the value that the share `q` (0 to 1) of all did not exceed, by nearest rank: of 20
// values the median is the tenth. Nothing when there are none.
template <std::size_t Size>
std::optional<std::size_t> bucket_at(const std::array<std::uint64_t, Size>& counts, double q) {
  const std::uint64_t all = total_of(counts);
  if (all == 0) return std::nullopt;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all));
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += counts[bucket]) < rank) ++bucket;
  return bucket;
}

}  // namespace foretide
