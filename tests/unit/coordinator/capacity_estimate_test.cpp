// What is made of the service times that simulated servers show at known loads. Their laws are
// closed: a server that serves c at once takes S0 * max(1, n / c) for each of n requests.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "coordinator/core/capacity_estimate.hpp"

namespace foretide::coordinator {
namespace {

using namespace std::chrono_literals;
using Law = std::function<double(double load)>;

Law serves_at_once(double places) {
  return [places](double load) { return 0.1 * std::max(1.0, load / places); };
}

// One worker, watched in stretches of five seconds.
struct Watched {
  Law seconds;
  std::function<double(double load)> cpu_share = [](double) { return 0.0; };
  double noise = 0.05;      // of a stretch's mean service time, as a share of it
  double held_above = 1e9;  // the balancer sends no more and holds the rest
  CapacityEvidence evidence;
  LoadReferences references;
  Instant now{};
  std::mt19937 random{7};

  void see(double load) {
    const double shown = std::min(load, held_above);
    std::normal_distribution<double> error(0.0, noise);
    evidence.add({.began = now,
                  .ended = now + 5s,
                  .load = shown,
                  .service_seconds = seconds(shown) * std::exp(error(random)),
                  .rate = 10.0 * load,
                  .others_waited = load > held_above},
                 cpu_share(shown) >= 0.9, references);
    now += 5s;
  }
  // Demand that swings between two loads, evenly in logarithms.
  void swing(double low, double high, Duration lasts, Duration period = 10min) {
    const Instant until = now + lasts;
    while (now < until) {
      const double phase =
          std::sin(seconds_in(now.time_since_epoch()) / seconds_in(period) * 6.283);
      see(low * std::pow(high / low, 0.5 + 0.5 * phase));
    }
  }
  CapacityEstimate estimate() const { return estimate_for(evidence); }
};

void expect_knee(const CapacityEstimate& estimate, double knee, double within) {
  ASSERT_TRUE(estimate.knee) << "served " << estimate.served;
  EXPECT_NEAR(*estimate.knee, knee, within * knee);
  EXPECT_EQ(estimate.confidence, Confidence::kGood) << estimate.relative_error;
}

TEST(CapacityEstimate, FindsHowManyAWorkerServesAtOnce) {
  for (const double places : {1.0, 4.0, 16.0}) {
    Watched worker{.seconds = serves_at_once(places)};
    worker.swing(places / 4.0, places * 2.5, 40min);
    expect_knee(worker.estimate(), places, 0.12);
  }
}

TEST(CapacityEstimate, FindsTheCoresOfAWorkerThatSharesThem) {
  for (const double cores : {2.0, 8.0}) {
    Watched worker{.seconds = serves_at_once(cores),
                   .cpu_share = [=](double load) { return std::min(1.0, load / cores); }};
    worker.swing(cores / 4.0, cores * 2.0, 40min);
    expect_knee(worker.estimate(), cores, 0.15);
  }
}

// Requests that wait for I/O with the CPU used up at a load of four: no service time tells it yet.
TEST(CapacityEstimate, EndsWhereTheCpuDoes) {
  Watched worker{.seconds = [](double) { return 0.1; },
                 .cpu_share = [](double load) { return std::min(1.0, load / 4.0); }};
  worker.swing(1.0, 4.4, 40min);
  expect_knee(worker.estimate(), 4.0, 0.15);
  EXPECT_EQ(worker.estimate().by, CapacityEstimate::By::kCpu);
}

// It polls for work, and uses all of its CPU whether there is any or not.
TEST(CapacityEstimate, DoesNotTakeAWorkerThatSpinsForAFullOne) {
  Watched worker{.seconds = serves_at_once(4.0), .cpu_share = [](double) { return 1.0; }};
  worker.swing(1.0, 10.0, 40min);
  expect_knee(worker.estimate(), 4.0, 0.12);
  EXPECT_EQ(worker.estimate().by, CapacityEstimate::By::kServiceTime);
}

// The mean of random arrivals at a single server has no edge: S0 (1 + n).
TEST(CapacityEstimate, KnowsASingleServerByTheQueueOfRandomArrivals) {
  Watched worker{.seconds = [](double load) { return 0.05 * (1.0 + load); }};
  worker.swing(0.1, 6.0, 40min);
  expect_knee(worker.estimate(), 1.0, 0.2);
}

// Random arrivals at several servers (Erlang C): the mean time in service and waiting at the load
// that they make.
double random_arrivals_at(int servers, double load) {
  const auto at = [&](double busy) {
    double term = 1.0, sum = 1.0;
    for (int k = 1; k < servers; ++k) sum += term *= busy / k;
    const double all_busy = term * busy / (servers - busy);
    const double waits = all_busy / (sum + all_busy);
    return busy + waits * busy / (servers - busy);  // in service and waiting
  };
  double low = 0.0, high = servers;
  for (int i = 0; i < 60; ++i) (at((low + high) / 2) < load ? low : high) = (low + high) / 2;
  return load / low;
}

TEST(CapacityEstimate, KnowsSeveralServersByTheQueueOfRandomArrivals) {
  for (const int servers : {2, 4, 16}) {
    Watched worker{.seconds = [=](double load) { return random_arrivals_at(servers, load); }};
    worker.swing(servers / 8.0, servers * 2.0, 40min);
    expect_knee(worker.estimate(), servers, 0.2);
  }
}

// Gunther's law with contention 0.05 and coherency 0.01 is fastest at a load of 9.7.
TEST(CapacityEstimate, StaysBelowTheLoadFromWhichOnThroughputFalls) {
  Watched worker{.seconds = [](double load) {
    const double others = std::max(0.0, load - 1.0);
    return 0.1 * (1.0 + 0.05 * others + 0.01 * load * others);
  }};
  worker.swing(1.0, 25.0, 60min);
  const CapacityEstimate estimate = worker.estimate();
  ASSERT_TRUE(estimate.knee);
  EXPECT_GT(*estimate.knee, 4.0);
  EXPECT_LT(*estimate.knee, 9.7 / 0.8);
}

// One request in ten takes twenty times as long, and a stretch sees few of them.
TEST(CapacityEstimate, SeesThroughRequestsOfTwoKinds) {
  Watched worker{.seconds = serves_at_once(4.0), .noise = 0.5};
  worker.swing(1.0, 10.0, 3h);
  expect_knee(worker.estimate(), 4.0, 0.25);
}

TEST(CapacityEstimate, IsNotMovedByWhatChangesWithTheHours) {
  Watched worker{.seconds = {}};
  const auto drifts = [&](double load) {
    return serves_at_once(4.0)(load) * std::exp2(seconds_in(worker.now.time_since_epoch()) / 7200);
  };
  worker.seconds = drifts;
  worker.swing(1.0, 10.0, 3h);
  expect_knee(worker.estimate(), 4.0, 0.12);

  Watched calm{.seconds = {}};
  calm.seconds = [&](double) {
    return 0.1 * std::exp2(seconds_in(calm.now.time_since_epoch()) / 7200);
  };
  calm.swing(0.5, 4.0, 6h, 2h);
  EXPECT_FALSE(calm.estimate().knee);
}

TEST(CapacityEstimate, SaysAtLeastWhereNoLoadWasTooMuch) {
  Watched worker{.seconds = serves_at_once(16.0)};
  worker.swing(0.5, 2.0, 2h);
  const CapacityEstimate estimate = worker.estimate();
  EXPECT_FALSE(estimate.knee);
  EXPECT_GT(estimate.served, 1.6);
  EXPECT_LE(estimate.served, 2.0);
  EXPECT_NE(estimate.confidence, Confidence::kGood);
}

// All of its requests may be waiting.
TEST(CapacityEstimate, SaysNothingOfALoadThatNeverVaried) {
  Watched worker{.seconds = serves_at_once(2.0)};
  worker.swing(20.0, 20.0, 2h);
  EXPECT_FALSE(worker.estimate().knee);
  EXPECT_EQ(worker.estimate().served, 0.0);
  EXPECT_EQ(worker.estimate().confidence, Confidence::kNone);
}

TEST(CapacityEstimate, BelievesTheBalancerThatHoldsRequestsBack) {
  Watched worker{.seconds = serves_at_once(2.0), .held_above = 2.0};
  worker.swing(0.5, 6.0, 10min);
  expect_knee(worker.estimate(), 2.0, 0.1);
  EXPECT_EQ(worker.estimate().by, CapacityEstimate::By::kHeld);
}

TEST(CapacityEstimate, IsNotSureAfterAMoment) {
  Watched worker{.seconds = serves_at_once(4.0)};
  EXPECT_EQ(worker.estimate().confidence, Confidence::kNone);
  for (const double load : {1.0, 2.0, 4.0, 8.0, 2.0, 8.0}) worker.see(load);
  EXPECT_NE(worker.estimate().confidence, Confidence::kGood);
}

TEST(CapacityEstimate, FollowsAWorkerThatServesLessThanItDid) {
  Watched worker{.seconds = serves_at_once(8.0)};
  worker.swing(1.0, 20.0, 2h);
  expect_knee(worker.estimate(), 8.0, 0.12);
  worker.seconds = serves_at_once(4.0);
  worker.swing(1.0, 20.0, 8h);
  expect_knee(worker.estimate(), 4.0, 0.2);
}

TEST(CapacityEstimate, IsNeverSureOfAnotherReleaseBeforeItWasSeen) {
  Watched worker{.seconds = serves_at_once(4.0)};
  worker.swing(1.0, 10.0, 3h);
  worker.evidence = worker.evidence.carried_over(0.1);
  const CapacityEstimate carried = worker.estimate();
  ASSERT_TRUE(carried.knee);
  EXPECT_EQ(carried.confidence, Confidence::kLow);
  worker.swing(1.0, 10.0, 20min);
  expect_knee(worker.estimate(), 4.0, 0.12);
}

// Longer and longer from the first request on, as with a client that is slow to say it has read.
TEST(CapacityEstimate, IsNeverBelowOneRequestByServiceTimes) {
  Watched worker{.seconds = [](double load) { return 0.05 * std::pow(load / 0.02, 0.3); }};
  worker.swing(0.02, 0.9, 2h);
  const CapacityEstimate estimate = worker.estimate();
  EXPECT_FALSE(estimate.knee) << *estimate.knee;
}

TEST(CapacityEvidence, ComparesWithNothingOlderThanTenMinutes) {
  for (const auto& [age, pairs] : {std::pair(599s, 1u), std::pair(601s, 0u)}) {
    CapacityEvidence evidence;
    LoadReferences references;
    const Instant low(1000s), high = low + age;
    evidence.add(
        {.began = low - 5s, .ended = low, .load = 1.0, .service_seconds = 0.1, .rate = 10.0}, false,
        references);
    evidence.add(
        {.began = high - 5s, .ended = high, .load = 4.0, .service_seconds = 0.2, .rate = 40.0},
        false, references);
    EXPECT_EQ(evidence.pairs.size(), pairs) << age.count();
  }
}

}  // namespace
}  // namespace foretide::coordinator
