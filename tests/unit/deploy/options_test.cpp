// What options take and refuse, through the parser that the command uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/number_option.hpp"
#include "deploy/cli/program_search.hpp"

namespace foretide::cli {
namespace {

using testing::HasSubstr;

std::string refusal_of(CLI::App& app, const std::string& line) {
  try {
    app.parse(line);
    return "";
  } catch (const CLI::ParseError& refused) {
    return refused.what();
  }
}

TEST(NumberOption, TakesWhatLiesBetweenAndNothingElse) {
  CLI::App app;
  double number = 0;
  app.add_option("--n", number)->check(between(0.5, 100));
  EXPECT_EQ(refusal_of(app, "--n 0.5"), "");
  EXPECT_EQ(number, 0.5);
  EXPECT_EQ(refusal_of(app, "--n 100"), "");
  for (const char* wrong : {"nan", "-nan", "inf", "0.4", "101", "-1", "x"}) {
    EXPECT_THAT(refusal_of(app, std::string("--n ") + wrong), HasSubstr("from 0.5 to 100"))
        << wrong;
  }
}

TEST(DurationOption, TellsNotGivenFromGiven) {
  CLI::App app;
  std::optional<std::int64_t> milliseconds;
  add_duration_option(app, "--for", milliseconds, "");
  EXPECT_EQ(refusal_of(app, ""), "");
  EXPECT_FALSE(milliseconds);
  EXPECT_EQ(refusal_of(app, "--for 10m"), "");
  EXPECT_EQ(milliseconds, 600'000);
}

TEST(DurationOption, RefusesNoTimeAtAllAndWhatHasNoUnit) {
  CLI::App app;
  std::optional<std::int64_t> milliseconds;
  add_duration_option(app, "--for", milliseconds, "");
  for (const char* wrong : {"0s", "0ms", "-1s", "5", "nan"}) {
    EXPECT_NE(refusal_of(app, std::string("--for ") + wrong), "") << wrong;
  }
  for (const char* unclear : {"10", "x", "10 years"}) {
    EXPECT_THAT(refusal_of(app, std::string("--for '") + unclear + "'"),
                HasSubstr("'" + std::string(unclear) + "' is no length of time; write 10s"));
  }
}

TEST(Command, IsLookedForBeforeItIsRun) {
  const std::string path = "relative::/nowhere:/bin:/usr/bin";
  EXPECT_TRUE(check_runnable("sh", path));
  EXPECT_TRUE(check_runnable("/bin/sh", ""));
  EXPECT_TRUE(check_runnable("./server-{port}", path)) << "known only for a worker";
  for (const char* wrong : {"no-such-program", "/no/such/file", "/", ""}) {
    const Outcome outcome = check_runnable(wrong, path);
    ASSERT_FALSE(outcome) << wrong;
    EXPECT_THAT(outcome.error(), HasSubstr("'" + std::string(wrong) + "'"));
  }
  EXPECT_THAT(check_runnable("sh -c true", path).error(), HasSubstr("without quotes"));
  EXPECT_FALSE(check_runnable("sh", ":.:bin")) << "relative entries are not followed";
}

}  // namespace
}  // namespace foretide::cli
