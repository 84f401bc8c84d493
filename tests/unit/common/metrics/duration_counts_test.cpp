// Durations in few buckets, and how they travel.
#include "common/metrics/duration_counts.hpp"

#include <gtest/gtest.h>

#include "common/metrics/histogram.hpp"
#include "common/wire/durations.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;

TEST(DurationCounts, HaveBucketsOfAQuarterAtMostThatHoldWhatIsPutIntoThem) {
  for (std::size_t bucket = 1; bucket + 1 < DurationCounts::kBuckets; ++bucket) {
    const Duration low = DurationCounts::upper_bound(bucket - 1);
    const Duration high = DurationCounts::upper_bound(bucket);
    EXPECT_LT(low, high);
    EXPECT_LE(seconds_in(high) / seconds_in(low), 1.25 + 1e-9);
    EXPECT_EQ(DurationCounts::bucket_for(low), bucket);
    EXPECT_EQ(DurationCounts::bucket_for(high - 1ns), bucket);
  }
  EXPECT_EQ(DurationCounts::bucket_for(0ns), 0u);
  EXPECT_EQ(DurationCounts::bucket_for(-5s), 0u);
  EXPECT_EQ(DurationCounts::bucket_for(100h), DurationCounts::kBuckets - 1);
  EXPECT_LT(DurationCounts::upper_bound(0), 1ms) << "a limit of 1 ms can be told";
  EXPECT_GT(DurationCounts::upper_bound(DurationCounts::kBuckets - 2), 10min) << "and one of 10 m";
}

TEST(DurationCounts, FindAPercentileToAnEighth) {
  DurationCounts counts;
  EXPECT_FALSE(counts.quantile(0.95)) << "of nothing";
  for (int i = 1; i <= 1000; ++i) counts.add(i * 1ms);
  for (const double q : {0.01, 0.5, 0.9, 0.95, 0.999}) {
    EXPECT_NEAR(seconds_in(*counts.quantile(q)) / q, 1.0, 0.126) << q;
  }
  DurationCounts beyond;
  beyond.add(24h);
  EXPECT_EQ(beyond.quantile(0.5), DurationCounts::upper_bound(DurationCounts::kBuckets - 2));
}

TEST(DurationCounts, TellWhatCameSince) {
  DurationCounts earlier, later;
  earlier.add(5ms);
  later = earlier;
  later.add(5ms);
  later.add(2s);
  const DurationCounts grown = later.since(earlier);
  EXPECT_EQ(grown.total(), 2u);
  EXPECT_GT(*grown.quantile(1.0), 1s);
  EXPECT_EQ(earlier.since(later).total(), 0u) << "what fell began anew";
  DurationCounts both = earlier;
  both.merge(grown);
  EXPECT_EQ(both, later);
}

TEST(Durations, TravelWithoutTheirEmptyEnds) {
  DurationCounts counts;
  EXPECT_EQ(wire::durations_of(counts), wire::Durations{});
  counts.add(20ms);
  counts.add(20ms);
  counts.add(24ms);
  const wire::Durations durations = wire::durations_of(counts);
  EXPECT_EQ(durations.first, DurationCounts::bucket_for(20ms));
  EXPECT_EQ(durations.counts, (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(wire::counts_in(durations), counts);
  EXPECT_EQ(wire::counts_in({}), DurationCounts{});
  DurationCounts ends;
  ends.add(0s);
  ends.add(100h);
  EXPECT_EQ(wire::counts_in(wire::durations_of(ends)), ends);
}

TEST(Durations, AreNotGuessedWhereBucketsAreOthers) {
  const auto most = static_cast<std::uint32_t>(DurationCounts::kBuckets);
  EXPECT_TRUE(wire::counts_in({most - 1, {1}}));
  EXPECT_FALSE(wire::counts_in({most - 1, {1, 1}}));
  EXPECT_FALSE(wire::counts_in({most, {}}));
  EXPECT_FALSE(wire::counts_in({0, std::vector<std::uint64_t>(most + 1, 1)}));
}

}  // namespace
}  // namespace foretide
