#include "common/metrics/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "common/metrics/counter.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;

TEST(Counter, IsReadWhileItGrows) {
  Counter counter;
  std::thread writer([&] {
    for (int i = 0; i < 10'000; ++i) counter.add();
  });
  std::uint64_t last = 0;
  while (last < 10'000) {
    const std::uint64_t now = counter.read();
    ASSERT_GE(now, last);
    last = now;
  }
  writer.join();
  EXPECT_EQ(counter.read(), 10'000u);
}

TEST(Histogram, EveryBucketHoldsExactlyWhatItsBoundsSay) {
  for (std::size_t bucket = 0; bucket + 1 < HistogramCounts::kBuckets; ++bucket) {
    const Duration bound = HistogramCounts::upper_bound(bucket);
    EXPECT_EQ(HistogramCounts::bucket_for(bound - 1ns), bucket);
    EXPECT_EQ(HistogramCounts::bucket_for(bound), bucket + 1);
  }
  EXPECT_EQ(HistogramCounts::bucket_for(-5s), 0u);
  EXPECT_EQ(HistogramCounts::bucket_for(Duration::max()), HistogramCounts::kBuckets - 1);
}

TEST(Histogram, KnowsEveryDurationFromAMicrosecondToAnHourWithinTenPercent) {
  for (double seconds = 2e-6; seconds < 3600; seconds *= 1.0173) {
    HistogramCounts counts;
    counts.add(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
    EXPECT_NEAR(seconds_in(*counts.quantile(0.5)) / seconds, 1.0, 0.07);
  }
}

TEST(Histogram, QuantilesFollowTheExactOnes) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> spread(std::log(0.05), 1.0);
  HistogramCounts counts;
  std::vector<double> exact;
  for (int i = 0; i < 20'000; ++i) {
    exact.push_back(spread(random));
    counts.add(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(exact.back())));
  }
  std::sort(exact.begin(), exact.end());
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double expected = exact[static_cast<std::size_t>(q * 20'000)];
    EXPECT_NEAR(seconds_in(*counts.quantile(q)) / expected, 1.0, 0.1) << q;
  }
}

TEST(Histogram, OfNothingThereIsNoQuantile) {
  EXPECT_EQ(HistogramCounts{}.quantile(0.5), std::nullopt);
}

TEST(Histogram, MergedIsTheSameAsRecordedInOne) {
  Histogram one, two;
  HistogramCounts both;
  for (int i = 1; i <= 100; ++i) {
    const Duration duration = i * 1ms;
    (i % 2 ? one : two).record(duration);
    both.add(duration);
  }
  HistogramCounts merged = one.read();
  merged.merge(two.read());
  EXPECT_EQ(merged.total(), 100u);
  EXPECT_NEAR(merged.sum_seconds(), 5.05, 1e-9);
  for (const double q : {0.0, 0.25, 0.5, 1.0}) EXPECT_EQ(merged.quantile(q), both.quantile(q));
  EXPECT_EQ(merged.below(24), 16u);  // 2^24 ns = 16.8 ms
  EXPECT_EQ(merged.below(10), 0u);
  EXPECT_EQ(merged.below(42), 100u);
}

}  // namespace
}  // namespace foretide
