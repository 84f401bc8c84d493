// A worker whose requests come at random and take very different times, watched as a real one is:
// event by event, through the meter. Requests that happen to take long make a high load and a long
// mean time together, and none of them waits for another.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "coordinator/core/capacity_estimate.hpp"

namespace foretide::coordinator {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;
using Work = std::function<double(Random& random)>;  // of one request, in seconds

Work lognormal(double mean, double sigma) {
  return [=](Random& random) {
    std::normal_distribution<double> normal;
    return mean * std::exp(sigma * normal(random) - sigma * sigma / 2.0);
  };
}

Work mostly(double usual, double rare, double share) {
  return [=](Random& random) {
    return std::uniform_real_distribution<double>()(random) < share ? rare : usual;
  };
}

// Shares that many cores among what is in flight.
class SharingWorker {
 public:
  SharingWorker(double cores, Work work, std::uint64_t seed)
      : cores_(cores), work_(std::move(work)), random_(seed) {}

  // Requests a second that swing between a fifth of this and twice it, in a quarter of an hour.
  void serve(double rate, double seconds) {
    for (const double until = now_ + seconds; now_ < until;) {
      const double speed = in_flight_.empty() ? 1.0 : std::min(1.0, cores_ / count());
      const auto first = std::min_element(in_flight_.begin(), in_flight_.end());
      const double ends = in_flight_.empty() ? kNever : now_ + *first / speed;
      const double next = std::min({ends, arrives_, report_at_});
      for (double& left : in_flight_) left -= (next - now_) * speed;
      share_.busy_seconds += count() * (next - now_);
      now_ = next;
      if (next == ends) {
        in_flight_.erase(first);
        share_.completed += 1.0;
      } else if (next == arrives_) {
        in_flight_.push_back(work_(random_));
        share_.arrived += 1.0;
        const double present =
            rate * std::exp(1.15 * std::sin(2.0 * 3.14159265 * now_ / 900.0) - 0.46);
        arrives_ = now_ + std::exponential_distribution<double>(present)(random_);
      } else {
        report();
      }
    }
  }
  CapacityEstimate estimate() const { return estimate_for(evidence_); }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  double count() const { return static_cast<double>(in_flight_.size()); }
  void report() {
    share_.seconds = 0.5;
    share_.in_flight_change = count() - reported_;
    reported_ = count();
    report_at_ += 0.5;
    const auto at = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(now_));
    const auto stretch = meter_.add({"edge"}, std::exchange(share_, {}), Instant(1000s + at));
    if (stretch) evidence_.add(*stretch, false, references_);
  }

  double cores_;
  Work work_;
  Random random_;
  std::vector<double> in_flight_;  // what is left of each
  double now_ = 0.0, arrives_ = 0.0, report_at_ = 0.5, reported_ = 0.0;
  LoadShare share_;
  StretchMeter meter_;
  LoadReferences references_;
  CapacityEvidence evidence_;
};

// given: nobody ever waits     expect: no knee, however the times are spread
TEST(CapacityOfRandomTimes, HasNoKneeWhereNobodyWaits) {
  struct Case {
    const char* name;
    double rate;
    Work work;
  };
  const std::vector<Case> cases{{"all alike", 10.0, lognormal(0.2, 0.1)},
                                {"spread", 10.0, lognormal(0.2, 1.0)},
                                {"spread widely", 10.0, lognormal(0.2, 1.5)},
                                {"one in ten twenty times as long", 20.0, mostly(0.05, 1.0, 0.1)},
                                {"one in a hundred ten seconds", 20.0, mostly(0.05, 10.0, 0.01)},
                                {"answers of a model", 0.5, lognormal(8.0, 1.0)}};
  for (const Case& one : cases) {
    for (const std::uint64_t seed : {1U, 2U}) {
      SharingWorker worker(1e9, one.work, seed);
      worker.serve(one.rate, 3600.0);
      const CapacityEstimate estimate = worker.estimate();
      EXPECT_TRUE(!estimate.knee || estimate.confidence != Confidence::kGood)
          << one.name << ", seed " << seed << ": " << estimate.knee.value_or(0.0) << " within "
          << estimate.relative_error;
    }
  }
}

// given: four cores, now and then too little     expect: about four, however the times are spread
TEST(CapacityOfRandomTimes, IsThatOfTheCores) {
  for (const double sigma : {0.3, 1.0, 1.5}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      SharingWorker worker(4.0, lognormal(0.2, sigma), seed);
      worker.serve(14.0, 2.0 * 3600.0);
      const CapacityEstimate estimate = worker.estimate();
      ASSERT_TRUE(estimate.knee) << "spread " << sigma << ", seed " << seed;
      EXPECT_NEAR(*estimate.knee, 4.0, 1.3) << "spread " << sigma << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace foretide::coordinator
