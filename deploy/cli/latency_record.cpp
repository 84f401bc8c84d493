#include "deploy/cli/latency_record.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::cli {
namespace {

constexpr double kWidth = 1.02;

}  // namespace

void LatencyRecord::add(std::chrono::nanoseconds duration) {
  const double us = std::max(1.0, static_cast<double>(duration.count()) / 1000.0);
  const auto bucket = static_cast<std::size_t>(std::log(us) / std::log(kWidth));
  ++buckets_[std::min(bucket, kBuckets - 1)];
  ++count_;
  longest_us_ = std::max(longest_us_, us);
}

void LatencyRecord::add(const LatencyRecord& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  longest_us_ = std::max(longest_us_, other.longest_us_);
}

double LatencyRecord::quantile_ms(double share) const {
  const double wanted = share * static_cast<double>(count_);
  double seen = 0;
  for (std::size_t i = 0; i < kBuckets && count_ > 0; ++i) {
    seen += static_cast<double>(buckets_[i]);
    if (seen >= wanted && buckets_[i] > 0) {
      return std::min(longest_us_, std::pow(kWidth, static_cast<double>(i + 1))) / 1000.0;
    }
  }
  return 0;
}

}  // namespace foretide::cli
