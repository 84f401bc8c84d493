#include "common/metrics/exposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foretide {
namespace {

using testing::HasSubstr;

TEST(Exposition, WritesWhatPrometheusReads) {
  Exposition metrics;
  metrics.counter("foretide_requests_total", "Requests.", {{"service", "web"}}, 17);
  metrics.counter("foretide_requests_total", "Requests.", {{"service", "a\"b\\\n"}}, 1);
  metrics.gauge("foretide_workers", "Workers.", {}, 3);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP foretide_requests_total Requests.\n"
                              "# TYPE foretide_requests_total counter\n"
                              "foretide_requests_total{service=\"web\"} 17\n"
                              "foretide_requests_total{service=\"a\\\"b\\\\\\n\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE foretide_workers gauge\nforetide_workers 3\n"));
}

TEST(Exposition, WritesAHistogramInCumulativeBuckets) {
  HistogramCounts counts;
  counts.add(std::chrono::milliseconds{1});
  counts.add(std::chrono::milliseconds{1});
  counts.add(std::chrono::hours{2});
  Exposition metrics;
  metrics.histogram("foretide_request_seconds", "Duration.", {{"service", "web"}}, counts);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("foretide_request_seconds_count{service=\"web\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("foretide_request_seconds_sum{service=\"web\"} 7200.002\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.000524288\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.001048576\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("le=\"68.719476736\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 3\n"));
}

TEST(Exposition, WritesASummaryWithItsQuantiles) {
  Exposition metrics;
  metrics.summary("foretide_start_seconds", "Start.", {{"service", "web"}},
                  {.quantiles = {{0.5, 1.5}, {0.99, 4.0}}, .total = 70, .sum = 120.5});
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# TYPE foretide_start_seconds summary\n"));
  EXPECT_THAT(text, HasSubstr("foretide_start_seconds_count{service=\"web\"} 70\n"));
  EXPECT_THAT(text, HasSubstr("foretide_start_seconds_sum{service=\"web\"} 120.5\n"));
  EXPECT_THAT(text, HasSubstr("{service=\"web\",quantile=\"0.99\"} 4\n"));
}

TEST(Exposition, OfNothingIsEmpty) {
  EXPECT_EQ(Exposition().text(), "");
}

TEST(ExpositionDeathTest, ABadNameIsABrokenPromise) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Exposition metrics;
  EXPECT_DEATH(metrics.gauge("workers", "", {}, 1), "begin with foretide_");
  EXPECT_DEATH(metrics.counter("foretide_requests", "", {}, 1), "_total");
  EXPECT_DEATH(metrics.gauge("foretide_x_total", "", {}, 1), "_total");
}

}  // namespace
}  // namespace foretide
