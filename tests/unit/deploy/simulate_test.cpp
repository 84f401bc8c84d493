// `foretide simulate`: what it reads, what it refuses, what it writes.
#include <gmock/gmock.h>

#include "deploy/cli/peers.hpp"
#include "deploy/cli/recorded_demand.hpp"
#include "deploy/cli/simulation.hpp"
#include "simulate_stage.hpp"

namespace foretide::cli {
namespace {

using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

TEST_F(Simulate, WritesARowForEachStep) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--max 20 --decisions " + path("out.csv")), kDone);
  const auto lines = lines_of("out.csv");
  ASSERT_EQ(lines.size(), 289u);
  EXPECT_EQ(lines[0], "t_s,desired,ready,demand,forecast,reason");
  EXPECT_THAT(lines[1], StartsWith("0,"));
  EXPECT_THAT(lines[1], HasSubstr(",30,"));
  EXPECT_THAT(lines[101], StartsWith("60000,"));
  EXPECT_THAT(lines[101], HasSubstr(",nan,"));
}

TEST_F(Simulate, WritesAFolderForSeveralShortages) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--shortage 1%,0.05 --decisions " + path("out")), kDone);
  EXPECT_EQ(lines_of("out/1%.csv").size(), 289u);
  EXPECT_EQ(lines_of("out/0.05.csv").size(), 289u);
}

TEST_F(Simulate, SaysTheSameOfAShorterTraceUpToItsEnd) {
  write_trace(288);
  ASSERT_EQ(run(kWorkers + "--decisions " + path("whole.csv")), kDone);
  write_trace(200);
  ASSERT_EQ(run(kWorkers + "--decisions " + path("short.csv")), kDone);
  auto whole = lines_of("whole.csv");
  whole.resize(201);
  EXPECT_EQ(lines_of("short.csv"), whole);
}

TEST_F(Simulate, KeepsToItsBounds) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--min 3 --max 6 --decisions " + path("out.csv")), kDone);
  for (const std::string& line : lines_of("out.csv")) {
    if (line.starts_with("t_s")) continue;
    const int desired = std::stoi(line.substr(line.find(',') + 1));
    EXPECT_GE(desired, 3);
    EXPECT_LE(desired, 6);
  }
}

TEST_F(Simulate, RefusesWhatMakesNoSense) {
  write_trace();
  for (const char* wrong :
       {"--capacity 0 --start-time 60", "--capacity nan --start-time 60", "--capacity 5",
        "--capacity 5 --start-time -1", "--capacity 5 --start-time 60 --shortage 0",
        "--capacity 5 --start-time 60 --shortage 60%", "--capacity 5 --start-time 60 --shortage x",
        "--capacity 5 --start-time 60 --shortage 1%,0.01",
        "--capacity 5 --start-time 60 --min 5 --max 4"}) {
    EXPECT_EQ(run(wrong), kUsage) << wrong;
  }
  EXPECT_EQ(run(kWorkers + "--decisions " + path("no/such/folder/out.csv")), kFailed);
  std::filesystem::remove(path("trace.csv"));
  EXPECT_EQ(run(kWorkers), kUsage);
}

TEST_F(Simulate, DrawsOneRunAndNoMore) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--plot " + path("out.svg")), kDone);
  EXPECT_THAT(lines_of("out.svg").front(), StartsWith("<svg "));
  EXPECT_EQ(lines_of("out.svg").back(), "</svg>");
  EXPECT_EQ(run(kWorkers + "--shortage 1%,2% --plot " + path("two.svg")), kUsage);
  EXPECT_THAT(errors_, HasSubstr("--plot draws one run; give one --shortage, not 2"));
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --target 0.5,0.8 --plot " + path("two.svg")), kUsage);
  EXPECT_FALSE(std::filesystem::exists(path("two.svg")));
  EXPECT_EQ(run(kWorkers + "--plot " + path("no/such/folder/out.svg")), kFailed);
}

TEST_F(Simulate, PlaysOthersToo) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--algorithm kpa --target 0.5,0.8 --decisions " + path("out")), kDone);
  EXPECT_THAT(lines_of("out/0.5.csv").at(1), HasSubstr(",nan,kpa at 0.5"));
  EXPECT_EQ(lines_of("out/0.8.csv").size(), 289u);
  ASSERT_EQ(run(kWorkers + "--compare"), kDone);
  EXPECT_THAT(output_, HasSubstr("foretide 1%"));
  for (const std::string& peer : peer_names()) EXPECT_THAT(output_, HasSubstr("\n" + peer + " "));
  EXPECT_EQ(run(kWorkers + "--algorithm vpa"), kUsage);
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --target 0"), kUsage);
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --target 1e-310"), kUsage);
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --compare"), kUsage);
}

TEST(Simulation, CountsAStartTimeInWholeSteps) {
  EXPECT_EQ(lead_steps_for(180, 60), 3);
  EXPECT_EQ(lead_steps_for(20, 60), 1);
  EXPECT_EQ(lead_steps_for(0, 60), 1);
  EXPECT_EQ(lead_steps_for(89, 60), 2) << "it is not there after the first";
  EXPECT_EQ(lead_steps_for(61, 60), 2);
  for (int steps = 1; steps <= 1000; ++steps) EXPECT_EQ(lead_steps_for(steps * 7.0, 7), steps);
  EXPECT_EQ(lead_steps_for(3600, 3600), 1);
}

// minutes of load 8 with 4 ready workers of 2, one missing, then one of 12 and still 4
TEST(RecordedDemand, IsATraceWithItsGapsAndTellsWhatCameOfIt) {
  nlohmann::json answer = nlohmann::json::parse(R"({
      "service": "web", "grain_seconds": 60, "start_seconds": 3.5, "capacity_per_worker": 2,
      "min": 1, "max": 9, "shortage": 0.02, "rows": []})");
  for (int i = 0; i < 39; ++i) answer["rows"].push_back({600 + 60 * i, 8, nullptr, 4, 4});
  answer["rows"].push_back({600 + 60 * 40, 12, 8, 8, 4});
  const auto recorded = recorded_demand_in(answer);
  ASSERT_TRUE(recorded) << recorded.error();
  EXPECT_EQ(recorded->trace.step_seconds, 60);
  ASSERT_EQ(recorded->trace.requests.size(), 41U);
  EXPECT_THAT(recorded->trace.requests[38], Optional(480.0));
  EXPECT_EQ(recorded->trace.requests[39], std::nullopt);
  EXPECT_THAT(recorded->trace.requests[40], Optional(720.0));
  EXPECT_EQ(recorded->capacity, 2.0);
  EXPECT_EQ(recorded->workers_max, 9U);
  EXPECT_NEAR(recorded->unserved, 4.0 / (39 * 8 + 12), 1e-9);
  EXPECT_NEAR(recorded->workers_mean, (39 * 4 + 8) / 40.0, 1e-9);
}

TEST(RecordedDemand, CountsOneStepAsOne) {
  const auto recorded = recorded_demand_in(nlohmann::json::parse(
      R"({"service": "web", "grain_seconds": 60, "capacity_per_worker": 2,
          "rows": [[60, 1, null, 1, 1]]})"));
  ASSERT_FALSE(recorded);
  EXPECT_THAT(recorded.error(), StartsWith("only 1 step of 60 s is recorded of web"));
}

TEST(RecordedDemand, SaysWhyThereIsNone) {
  const auto error = [](const char* text) {
    const auto recorded = recorded_demand_in(nlohmann::json::parse(text));
    return recorded ? "" : recorded.error();
  };
  EXPECT_EQ(
      error(R"({"service": "web", "grain_seconds": 60, "capacity_per_worker": 2, "rows": []})"),
      "no demand of the service web is recorded yet");
  EXPECT_THAT(error(R"({"service": "web", "grain_seconds": 60, "rows": []})"),
              HasSubstr("no longer in the cluster file"));
  EXPECT_THAT(error(R"({"service": "web", "grain_seconds": 60, "capacity_per_worker": 2,
                        "rows": [["x"]]})"),
              HasSubstr("cannot be read"));
  EXPECT_THAT(error(R"({"service": "web", "grain_seconds": 60, "capacity_per_worker": 2,
                        "rows": [[60, 1, null, 1, null]]})"),
              HasSubstr("cannot be read"));
  EXPECT_THAT(error(R"({"service": "web", "grain_seconds": 60, "capacity_per_worker": 2,
                        "rows": [[60, 1, null, 1, 1]]})"),
              HasSubstr("take a finer --grain"));
}

TEST_F(Simulate, WantsATraceOrAService) {
  write_trace();
  EXPECT_EQ(run_bare(kWorkers), kUsage);
  EXPECT_EQ(run("--start-time 1200"), kUsage);
  EXPECT_EQ(run(kWorkers + "--from-history web"), kUsage);
}

TEST_F(Simulate, ReplaysARecordWithOneSetOfOthersOnly) {
  const auto verdict = [this](const std::string& options) {
    EXPECT_EQ(run_bare("--from-history web --replay " + options), kUsage);
    return errors_;
  };
  EXPECT_THAT(verdict("--shortage 1%,2%"), HasSubstr("one --shortage, not 2"));
  EXPECT_THAT(verdict("--min 5 --max 2"), HasSubstr("--min is more than --max"));
  EXPECT_THAT(verdict("--plot x.svg"), HasSubstr("--plot plays no part in --replay"));
}

}  // namespace
}  // namespace foretide::cli
