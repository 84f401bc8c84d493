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
  for (const auto& [written, length] : std::initializer_list<std::pair<const char*, std::int64_t>>{
           {"10m", 600'000}, {"1d", 86'400'000}, {"1.5h", 5'400'000}, {"500ms", 500}}) {
    EXPECT_EQ(refusal_of(app, std::string("--for ") + written), "");
    EXPECT_EQ(milliseconds, length) << written;
  }
}

TEST(DurationOption, RefusesNoTimeAtAllAndWhatHasNoUnit) {
  CLI::App app;
  std::optional<std::int64_t> milliseconds;
  add_duration_option(app, "--for", milliseconds, "");
  for (const char* none : {"0", "0s", "0ms"}) {
    const std::string refusal = refusal_of(app, std::string("--for ") + none);
    EXPECT_THAT(refusal, HasSubstr("'" + std::string(none) + "' is no time at all; write"));
    EXPECT_LT(refusal.size(), 200U) << "and no range of numbers that nobody can read";
  }
  for (const char* unclear : {"10", "x", "10 years", "-1s", "nan", "400d", "5", "1e9d", "1h30m"}) {
    EXPECT_THAT(refusal_of(app, std::string("--for='") + unclear + "'"),
                HasSubstr("'" + std::string(unclear) +
                          "' is no length of time; write a number and its unit (ms, s, m, h or d, "
                          "up to 366d), such as 500ms, 90s, 1.5m, 2h or 1d"));
  }
}

TEST(SecondsOption, TakesBareSecondsAndLengthsOfTime) {
  CLI::App app;
  double seconds = 0;
  app.add_option("--seconds", seconds)->transform(seconds_between(0.1, 600));
  for (const auto& [written, length] : std::initializer_list<std::pair<const char*, double>>{
           {"40", 40.0}, {"0.5", 0.5}, {"40s", 40.0}, {"1.5m", 90.0}, {"250ms", 0.25}}) {
    EXPECT_EQ(refusal_of(app, std::string("--seconds ") + written), "");
    EXPECT_EQ(seconds, length) << written;
  }
  for (const char* beyond : {"0", "601", "11m", "1d", "50ms"}) {
    EXPECT_THAT(refusal_of(app, std::string("--seconds ") + beyond),
                HasSubstr("'" + std::string(beyond) + "' is not from 0.1 to 600 seconds"));
  }
  for (const char* wrong : {"x", "nan", "inf", "40 seconds", "5min"}) {
    EXPECT_THAT(refusal_of(app, std::string("--seconds '") + wrong + "'"),
                HasSubstr("is no length of time; write a number and its unit"))
        << wrong;
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
