// `foretide simulate`: what it reads, what it refuses, what it writes.
#include <gmock/gmock.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "deploy/cli/demand_trace.hpp"
#include "deploy/cli/recorded_demand.hpp"
#include "deploy/cli/simulation.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
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

TEST(DemandTrace, IsRefusedWithTheRowThatIsWrong) {
  const std::string good = "# step_s=60\nt_s,value\n0,1\n";
  const std::pair<std::string, std::string> cases[] = {
      {good + "60,-1\n", "t.csv:4: '-1' is no number of requests"},
      {good + "60,inf\n", "t.csv:4: 'inf' is no number"},
      {good + "60,1e300\n", "t.csv:4: '1e300' is no number"},
      {good + "60,\n", "t.csv:4: '' is no number"},
      {good + "60,1x\n", "t.csv:4: '1x' is no number"},
      {good + "0,1\n", "t.csv:4: t_s=0 where 60 is expected"},
      {good + "120,1\n", "t.csv:4: t_s=120 where 60 is expected"},
      {good + "30,1\n", "t.csv:4: t_s=30 where 60 is expected"},
      {good + "-60,1\n", "t.csv:4: t_s is a number of whole seconds, not '-60'"},
      {good + "noon,1\n", "t.csv:4: t_s is a number of whole seconds, not 'noon'"},
      {good + "60 1\n", "t.csv:4: 't_s,value' is expected, not '60 1'"},
      {good + "# step_s=30\n", "t.csv:4: step_s was said before"},
      {good + "999999999999999,1\n", "t.csv:4: t_s is a number of whole seconds"},
      {good + std::string(5000, '6') + ",1\n", "t.csv:4: the line is longer"},
      {"# step_s=60min\n", "t.csv:1: step_s is a number of whole seconds"},
      {"# step_s=1.5\n", "t.csv:1: step_s is a number of whole seconds"},
      {"# step_s=0\n", "t.csv:1: step_s is a number of whole seconds"},
      {"t_s,value\n0,1\n", "t.csv:2: no line '# step_s=SECONDS' comes before"},
      {"# step_s=60\nt_s,value\n", "t.csv: it has no rows"},
      {"", "t.csv: it has no rows"},
  };
  for (const auto& [text, error] : cases) {
    const auto trace = read(text);
    ASSERT_FALSE(trace) << text;
    EXPECT_THAT(trace.error(), StartsWith(error)) << text;
  }
}

class Simulate : public testing::Test {
 protected:
  Simulate() { std::filesystem::create_directories(folder_); }
  ~Simulate() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  // Two days of ten-minute steps, some 2 to 10 workers of 5 requests a second.
  void write_trace(int steps = 288) const {
    std::ofstream out(path("trace.csv"));
    out << "# step_s=600\nt_s,value\n";
    for (int i = 0; i < steps; ++i) {
      const double rps = 30.0 + 20.0 * std::sin(i * 2.0 * 3.14159265 / 144.0);
      out << i * 600 << ',' << (i == 100 ? "nan" : std::to_string(rps * 600.0)) << '\n';
    }
  }
  int run(const std::string& options) const {
    CLI::App app;
    int exit_code = -1;
    add_simulate(app, exit_code);
    try {
      app.parse("simulate --trace " + path("trace.csv") + " " + options);
    } catch (const CLI::ParseError&) {
      return kUsage;
    }
    return exit_code;
  }
  std::vector<std::string> lines_of(const std::string& name) const {
    std::ifstream in(path(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("foretide-simulate-" + std::to_string(::getpid()));
};

const std::string kWorkers = "--capacity 5 --start-time 1200 ";

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
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(kWorkers + "--shortage 1%,2% --plot " + path("two.svg")), kUsage);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("--plot draws one run; give one --shortage, not 2"));
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --target 0.5,0.8 --plot " + path("two.svg")), kUsage);
  EXPECT_FALSE(std::filesystem::exists(path("two.svg")));
  EXPECT_EQ(run(kWorkers + "--plot " + path("no/such/folder/out.svg")), kFailed);
}

TEST_F(Simulate, PlaysOthersToo) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--algorithm kpa --target 0.5,0.8 --decisions " + path("out")), kDone);
  EXPECT_THAT(lines_of("out/0.5.csv").at(1), HasSubstr(",nan,kpa at 0.5"));
  EXPECT_EQ(lines_of("out/0.8.csv").size(), 289u);
  testing::internal::CaptureStdout();
  ASSERT_EQ(run(kWorkers + "--compare"), kDone);
  const std::string table = testing::internal::GetCapturedStdout();
  EXPECT_THAT(table, HasSubstr("foretide 1%"));
  for (const std::string& peer : peer_names()) EXPECT_THAT(table, HasSubstr("\n" + peer + " "));
  EXPECT_EQ(run(kWorkers + "--algorithm vpa"), kUsage);
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --target 0"), kUsage);
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --target 1e-310"), kUsage);
  EXPECT_EQ(run(kWorkers + "--algorithm kpa --compare"), kUsage);
}

TEST(Simulation, CountsAStartTimeInWholeSteps) {
  EXPECT_EQ(lead_steps_for(180, 60), 3);
  EXPECT_EQ(lead_steps_for(20, 60), 1);
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
                        "rows": [[60, 1, null, 1, 1]]})"),
              HasSubstr("take a finer --grain"));
}

TEST_F(Simulate, WantsATraceOrAService) {
  write_trace();
  CLI::App app;
  int exit_code = -1;
  add_simulate(app, exit_code);
  app.parse("simulate --capacity 5 --start-time 1200");
  EXPECT_EQ(exit_code, kUsage);
  EXPECT_EQ(run("--start-time 1200"), kUsage);
  EXPECT_EQ(run(kWorkers + "--from-history web"), kUsage);
}

TEST_F(Simulate, ReplaysARecordWithOneSetOfOthersOnly) {
  const auto verdict = [](const std::string& options) {
    CLI::App app;
    int exit_code = -1;
    add_simulate(app, exit_code);
    testing::internal::CaptureStderr();
    app.parse("simulate --from-history web --replay " + options);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(verdict("--shortage 1%,2%"), HasSubstr("one --shortage, not 2"));
  EXPECT_THAT(verdict("--min 5 --max 2"), HasSubstr("--min is more than --max"));
  EXPECT_THAT(verdict("--plot x.svg"), HasSubstr("draws no --plot"));
}

}  // namespace
}  // namespace foretide::cli
