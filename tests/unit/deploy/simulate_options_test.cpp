// What `foretide simulate` refuses before it works, and what it says to do.
#include <gmock/gmock.h>

#include "deploy/cli/simulate_uses.hpp"
#include "simulate_stage.hpp"

namespace foretide::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST_F(Simulate, RefusesWhatPlaysNoPartInTheWayItIsUsed) {
  write_trace();
  const std::pair<const char*, const char*> cases[] = {
      {"--target 0.5", "--target is another algorithm's: name that by --algorithm"},
      {"--algorithm hpa --shortage 2%", "--shortage is a goal of Foretide's own rules"},
      {"--algorithm hpa --predict off", "leave it or --algorithm out"},
      {"--grain hour", "--grain is how finely a recorded history is read"},
      {"--admin 127.0.0.1:1", "--admin asks a coordinator, a trace needs none"},
      {"--admin-token-file x", "--admin-token-file asks a coordinator"},
      {"--compare --target 0.5", "--compare finds the others' targets itself"},
      {"--compare --algorithm kpa", "--algorithm names one, and --compare runs all"},
      {"--replay", "--replay makes recorded decisions again: it wants --from-history"},
  };
  for (const auto& [options, advice] : cases) {
    EXPECT_EQ(run(kWorkers + options), kUsage) << options;
    EXPECT_THAT(errors_, HasSubstr(advice)) << options;
  }
  for (const char* option : {"--capacity 3", "--start-time 3", "--grain hour", "--predict off",
                             "--target 1", "--compare", "--decisions x"}) {
    EXPECT_EQ(run_bare(std::string("--from-history web --replay ") + option), kUsage);
    EXPECT_THAT(errors_, HasSubstr("plays no part in --replay")) << option;
  }
}

TEST_F(Simulate, KnowsTheUseOfEachOfItsOptions) {
  CLI::App app;
  int exit_code = 0;
  add_simulate(app, exit_code);
  const auto known = options_with_a_use();
  std::size_t options = 0;
  for (const CLI::Option* option : app.get_subcommand("simulate")->get_options()) {
    if (option->get_name() == "--help") continue;
    EXPECT_TRUE(known.contains(option->get_name())) << option->get_name();
    ++options;
  }
  EXPECT_EQ(options, known.size());
}

TEST_F(Simulate, TakesAStartTimeAsTheTraceCountsOrWithAUnit) {
  write_trace();
  ASSERT_EQ(run("--capacity 5 --start-time 1200 --decisions " + path("bare.csv")), kDone);
  ASSERT_EQ(run("--capacity 5 --start-time 20m --decisions " + path("unit.csv")), kDone);
  EXPECT_EQ(contents(path("unit.csv")), contents(path("bare.csv")));
  ASSERT_EQ(run("--capacity 5 --start-time 600 --decisions " + path("other.csv")), kDone);
  EXPECT_NE(contents(path("other.csv")), contents(path("bare.csv")));
  EXPECT_EQ(run("--capacity 5 --start-time soon"), kUsage);
  EXPECT_THAT(errors_, HasSubstr("'soon' is no length of time; write a number and its unit"));
}

TEST_F(Simulate, SaysWhichWordsThereAreForPredict) {
  write_trace();
  EXPECT_EQ(run(kWorkers + "--predict off"), kDone);
  EXPECT_EQ(run(kWorkers + "--predict auto"), kDone);
  for (const std::string word : {"shadow", "2", "0", "on", "OFF"}) {
    EXPECT_EQ(run(kWorkers + "--predict " + word), kUsage) << word;
    EXPECT_THAT(errors_, HasSubstr("'" + word + "' is neither auto nor off"));
  }
}

TEST_F(Simulate, FindsOutThatAFileCannotBeWrittenBeforeItWorks) {
  write_trace();
  for (const char* option : {"--decisions ", "--plot "}) {
    EXPECT_EQ(run(kWorkers + option + path("no/such.file")), kFailed);
    EXPECT_THAT(errors_, AllOf(HasSubstr("no/such.file cannot be written: No such file"),
                               HasSubstr("; make the folder " + path("no") + " first")));
    EXPECT_EQ(output_, "");
  }
  EXPECT_EQ(run(kWorkers + "--decisions " + path("trace.csv")), kFailed);
  EXPECT_THAT(errors_, HasSubstr("it is the trace itself"));
  EXPECT_THAT(contents(path("trace.csv")), HasSubstr("step_s=600")) << "and it is still there";
  EXPECT_EQ(run(kWorkers + "--decisions " + path("x") + " --plot " + path("x")), kUsage);
  EXPECT_THAT(errors_, HasSubstr("--plot and --decisions name the same file"));
}

// With its plot's place missing, the decisions are not begun either.
TEST_F(Simulate, LeavesOtherFilesAloneWhereOneHasNoPlace) {
  write_trace();
  write(path("out.csv"), "of before");
  EXPECT_EQ(run(kWorkers + "--decisions " + path("out.csv") + " --plot " + path("no/p.svg")),
            kFailed);
  EXPECT_EQ(contents(path("out.csv")), "of before");
}

TEST_F(Simulate, MakesNoFoldersButTheOneThatWasNamed) {
  write_trace();
  const std::string two = kWorkers + "--shortage 1%,2% --decisions ";
  EXPECT_EQ(run(kWorkers + "--decisions " + path("no/out.csv")), kFailed);
  EXPECT_FALSE(std::filesystem::exists(path("no")));
  write(path("file"), "");
  EXPECT_EQ(run(two + path("file")), kFailed);
  EXPECT_THAT(errors_, HasSubstr("it is a file, and several runs want a folder"));
  EXPECT_EQ(run(two + path("new/out")), kDone);
  EXPECT_TRUE(std::filesystem::exists(path("new/out/2%.csv")));
}

// Rows of 30 to 50 requests a second, workers of 5: 400 would be loads in workers.
TEST_F(Simulate, GivesItsReasonsInTheUnitOfItsColumns) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--predict off --decisions " + path("out.csv")), kDone);
  const auto lines = lines_of("out.csv");
  EXPECT_THAT(lines[1], HasSubstr(",30,"));
  EXPECT_THAT(contents(path("out.csv")), HasSubstr("workers of 5"));
  EXPECT_THAT(contents(path("out.csv")), Not(HasSubstr("workers of 1")));
}

}  // namespace
}  // namespace foretide::cli
