// From Prometheus text to the values that a sample carries.
#include "agent/core/metric_rates.hpp"

#include <gtest/gtest.h>

namespace foretide::agent {
namespace {

using std::chrono::seconds;

const WorkerMetric kWaiting{.selector = {"waiting", {}}};
const WorkerMetric kMails{.selector = {"jobs_total", {{"queue", "mail"}}}, .rate = true};
const std::string kMailsKey = "rate of jobs_total{queue=\"mail\"}";
using Values = std::map<std::string, double>;

MetricReading reading(int second, const std::string& text) {
  auto read = metric_reading_of({kWaiting, kMails}, text, Instant(seconds(second)));
  EXPECT_TRUE(read) << read.error();
  return *read;
}

Values values(const std::optional<MetricReading>& before, const MetricReading& now) {
  return metric_values_for({kWaiting, kMails}, before, now);
}

TEST(MetricRates, CarryGaugesAsTheyStandAndCountersByTheirGrowth) {
  const auto first = reading(10, "waiting 3\njobs_total{queue=\"mail\"} 100\n");
  EXPECT_EQ(values({}, first), (Values{{"waiting", 3.0}})) << "a rate takes two";
  const auto second = reading(15, "waiting 2\njobs_total{queue=\"mail\"} 120\n");
  EXPECT_EQ(values(first, second), (Values{{"waiting", 2.0}, {kMailsKey, 4.0}}));
  EXPECT_EQ(values(second, reading(25, "jobs_total{queue=\"mail\"} 120\n")),
            (Values{{kMailsKey, 0.0}}));
}

TEST(MetricRates, HaveNothingForACounterThatFell) {
  const auto before = reading(10, "jobs_total{queue=\"mail\"} 100\n");
  EXPECT_EQ(values(before, reading(15, "jobs_total{queue=\"mail\"} 7\n")), Values{});
  EXPECT_EQ(values(before, reading(10, "jobs_total{queue=\"mail\"} 101\n")), Values{})
      << "nor where no time went by";
  EXPECT_EQ(values(reading(10, "waiting 1\n"), reading(15, "jobs_total{queue=\"mail\"} 7\n")),
            Values{});
}

TEST(MetricRates, LeaveOutWhatIsNoMeasurement) {
  for (const char* text : {"waiting NaN\n", "waiting +Inf\n", "waiting -Inf\n", "waiting 2e18\n",
                           "waiting -2e18\n", "other 1\n", ""}) {
    EXPECT_EQ(values({}, reading(1, text)), Values{}) << text;
  }
  EXPECT_EQ(values({}, reading(1, "waiting -1e18\n")), (Values{{"waiting", -1e18}}));
  const auto broken = metric_reading_of({kWaiting}, "waiting many\n", Instant{});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error(), "line 1, of waiting, is not as Prometheus text should be");
}

TEST(MetricKey, IsAnotherForEveryOtherNumber) {
  EXPECT_EQ(metric_key(kWaiting), "waiting");
  EXPECT_EQ(metric_key(kMails), kMailsKey);
  EXPECT_EQ(metric_key({.selector = {"waiting", {}}, .path = "/stats"}), "waiting at /stats");
}

}  // namespace
}  // namespace foretide::agent
