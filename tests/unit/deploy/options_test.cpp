// What options take and refuse, through the parser that the command uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/number_option.hpp"

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
}

}  // namespace
}  // namespace foretide::cli
