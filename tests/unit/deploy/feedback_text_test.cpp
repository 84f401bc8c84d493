#include "deploy/cli/feedback_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foretide::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(FeedbackText, SaysInTwoLinesHowWellTheServiceDoes) {
  const json service = {
      {"feedback",
       {{"forecast_error_ratio", 0.62},
        {"forecast_bias", -0.021},
        {"coverage", 0.991},
        {"unserved_share_hour", 0.0031},
        {"unserved_share_day", 0.0},
        {"idle_share_hour", 0.234},
        {"idle_share_day", 0.2},
        {"start_seconds", {{"p50", 2.0}, {"p90", 3.5}, {"p99", 9.0}, {"count", 8}}}}},
      {"waited_by_cause", {{"forecast", 12}, {"at_max", 0}, {"woken", 30}}}};
  EXPECT_THAT(
      feedback_lines(service),
      ElementsAre(
          "looking back: forecasts missed by 0.62 of what the last value would have, 2.1 % "
          "too low; the workers they asked for sufficed 99.1 % of the time; starts take 2.0 "
          "s, one in ten above 3.5 s, one in a hundred above 9.0 s",
          "supply: 0.31 % of the demand found no free worker in the last hour, 0 % in the "
          "last day; 23.4 % of the workers' time was idle in the last hour, 20.0 % in the "
          "last day; 30 requests waited or were refused while the service woke from zero, "
          "12 because workers were asked for too late or too few"));
}

TEST(FeedbackText, LeavesOutWhatIsNotKnown) {
  EXPECT_THAT(feedback_lines(json()), IsEmpty());
  EXPECT_THAT(feedback_lines({{"feedback", nullptr}, {"waited_by_cause", nullptr}}), IsEmpty());
  EXPECT_THAT(feedback_lines({{"feedback", {{"coverage", nullptr}, {"idle_share_day", 0.5}}}}),
              ElementsAre("supply: 50.0 % of the workers' time was idle in the last day"));
  EXPECT_THAT(feedback_lines({{"waited_by_cause", {{"no_host", 1}}}}),
              ElementsAre("supply: 1 request waited or was refused because no node could take a "
                          "worker"));
}

}  // namespace
}  // namespace foretide::cli
