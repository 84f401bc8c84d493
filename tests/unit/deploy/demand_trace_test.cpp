// A recorded demand as a file: what is read, and where one is wrong.
#include <gmock/gmock.h>

#include <sstream>

#include "deploy/cli/demand_trace.hpp"

namespace foretide::cli {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::StartsWith;

Result<DemandTrace> read(const std::string& text) {
  std::istringstream in(text);
  return read_demand_trace(in, "t.csv");
}

TEST(DemandTrace, HasAStepAndARowForEach) {
  const auto trace = read("# of a shop\n# step_s=60, requests\nt_s,value\n0,12\n60,0\r\n120,nan\n");
  ASSERT_TRUE(trace) << trace.error();
  EXPECT_EQ(trace->step_seconds, 60);
  EXPECT_THAT(trace->requests, ElementsAre(Optional(12.0), Optional(0.0), std::nullopt));
}

TEST(DemandTrace, MayEndWithoutALineEndAndSpeakOfOtherSteps) {
  const auto trace = read("# last_step_s=3\n# gap 5, step_s=60\nt_s,value\n0,12\n60,7");
  ASSERT_TRUE(trace) << trace.error();
  EXPECT_THAT(trace->requests, ElementsAre(Optional(12.0), Optional(7.0)));
}

TEST(DemandTrace, TakesWhatSpreadsheetsAdd) {
  const auto trace = read("\xEF\xBB\xBF# step_s=60\r\nt_s,value\r\n0,12\r\n60,nan\r\n120,7");
  ASSERT_TRUE(trace) << trace.error();
  EXPECT_THAT(trace->requests, ElementsAre(Optional(12.0), std::nullopt, Optional(7.0)));
  EXPECT_THAT(read("\xEF\xBB\xBF# step_s=x\r\n").error(), StartsWith("t.csv:1:3: step_s"));
}

TEST(DemandTrace, IsRefusedWithTheLineAndColumnThatAreWrong) {
  const std::string good = "# step_s=60\nt_s,value\n0,1\n";
  const std::pair<std::string, std::string> cases[] = {
      {good + "60,-1\n", "t.csv:4:4: '-1' is no number of requests"},
      {good + "60,inf\n", "t.csv:4:4: 'inf' is no number"},
      {good + "60,1e300\n",
       "t.csv:4:4: '1e300' is more requests than a step can have, 1e15 at most"},
      {good + "60,\n", "t.csv:4:4: '' is no number"},
      {good + "60,1x\n", "t.csv:4:4: '1x' is no number"},
      {good + "0,1\n", "t.csv:4:1: t_s=0 stands twice, 60 is expected"},
      {good + "120,1\n", "t.csv:4:1: t_s=120 where 60 is expected"},
      {good + "30,1\n", "t.csv:4:1: t_s=30 where 60 is expected"},
      {good + "-60,1\n", "t.csv:4:1: t_s is a number of whole seconds, not '-60'"},
      {good + "noon,1\n", "t.csv:4:1: t_s is a number of whole seconds, not 'noon'"},
      {good + "60 1\n", "t.csv:4:1: 't_s,value' is expected, not '60 1'"},
      {good + "# step_s=30\n", "t.csv:4:3: step_s was said before"},
      {good + "999999999999999,1\n", "t.csv:4:1: t_s is a number of whole seconds"},
      {good + std::string(5000, '6') + ",1\n", "t.csv:4:1: the line is longer"},
      {"# step_s=60min\n", "t.csv:1:3: step_s is a number of whole seconds"},
      {"# step_s=1.5\n", "t.csv:1:3: step_s is a number of whole seconds"},
      {"# step_s=0\n", "t.csv:1:3: step_s is a number of whole seconds"},
      {"t_s,value\n0,1\n", "t.csv:2:1: no line '# step_s=SECONDS' comes before"},
      {"# step_s=60\nt_s,value\n", "t.csv:2:10: it ends without a row"},
      {"t_s,value\r\n", "t.csv:1:10: it ends without a row"},
      {good + "60,1\n0,1\n", "t.csv:5:1: t_s=0 goes back in time, 120 is expected"},
      {good + "60,1e308\n", "t.csv:4:4: '1e308' is more requests than a step can have"},
      {"", "t.csv:1:1: no trace: it wants a line '# step_s=60'"},
      {"\xEF\xBB\xBF", "t.csv:1:1: no trace"},
  };
  for (const auto& [text, error] : cases) {
    const auto trace = read(text);
    ASSERT_FALSE(trace) << text;
    EXPECT_THAT(trace.error(), StartsWith(error)) << text;
  }
}

// 14,880 weeks are 8,999,424,000 s, and one more would be too many.
TEST(DemandTrace, EndsBeforeTheClockOfASimulationDoes) {
  constexpr std::int64_t kWeek = 604'800;
  std::string text = "# step_s=604800\n";
  for (std::int64_t week = 0; week < 14'880; ++week) text += std::to_string(week * kWeek) + ",1\n";
  EXPECT_TRUE(read(text));
  const auto trace = read(text + std::to_string(14'880 * kWeek) + ",1\n");
  ASSERT_FALSE(trace);
  EXPECT_THAT(trace.error(),
              StartsWith("t.csv:14882:1: the trace goes on for more than 9000000000 s"));
}

}  // namespace
}  // namespace foretide::cli
