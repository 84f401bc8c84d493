// What `foretide check` says of each kind of settings file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kCoordinator =
    "coordinator: {control: \"10.0.0.1:7401\", telemetry: \"10.0.0.1:7402\", "
    "key: \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"}\nname: edge\nstate: /s\n";

struct Said {
  int exit_code = -1;
  std::string output, errors;
};

Said check(const std::string& text) {
  // One for each process, as tests run side by side.
  const std::string file =
      testing::TempDir() + "check_test." + std::to_string(::getpid()) + ".yaml";
  std::ofstream(file, std::ios::trunc) << text;
  CLI::App app;
  Said said;
  add_check(app, said.exit_code);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  app.parse("check " + file);
  std::remove(file.c_str());
  said.output = testing::internal::GetCapturedStdout();
  said.errors = testing::internal::GetCapturedStderr();
  return said;
}

TEST(Check, TakesABalancersFileForOne) {
  const Said said = check(std::string(kCoordinator) + "threads: 2\n");
  EXPECT_EQ(said.exit_code, kDone);
  EXPECT_THAT(said.output, HasSubstr("read as balancer.yaml, balancer edge of the coordinator at "
                                     "10.0.0.1:7401\n"));
  EXPECT_EQ(said.errors, "");
}

TEST(Check, TellsWhatIsWrongWithAnAgentsFileAndThatItWasReadAsOne) {
  const Said said = check(std::string(kCoordinator) + "ports: 1-2\n");
  EXPECT_EQ(said.exit_code, kFailed);
  EXPECT_THAT(said.errors, HasSubstr(":4:1: 'ports' is '1-2', wants a range"));
  EXPECT_THAT(said.errors, HasSubstr("was read as agent.yaml: it has 'coordinator' and no "
                                     "'services'\n"));
}

TEST(Check, TakesEveryOtherFileForAClusters) {
  const Said said = check("version: 1\nservices: {web: {upstreams: [\"h:1\"]}}\n");
  EXPECT_EQ(said.exit_code, kDone);
  EXPECT_THAT(said.output, HasSubstr("1 service\n  web: 1 upstream, balanced only\n"));
  EXPECT_THAT(said.output, Not(HasSubstr("read as")));
}

TEST(Check, TellsAllThatIsWrongBesideListsThatAreTooLong) {
  std::string signals, windows, variables;
  for (int i = 0; i < 11; ++i) {
    signals += "        - {latency: p" + std::to_string(80 + i) + ", below: 1s}\n";
  }
  for (int i = 0; i < 51; ++i) windows += "        - {from: 0 8 * * *, for: 1h, min: 1}\n";
  const Said said =
      check("version: 1\nservices:\n  web:\n    command: a\n    scale:\n      signals:\n" +
            signals + "        - {cpu: half}\n      schedule:\n" + windows +
            "        - {from: noon, for: 1h, min: 1}\n");
  EXPECT_EQ(said.exit_code, kFailed);
  for (const char* problem : {"a signal too many, 10 at most", "'cpu' is 'half'",
                              "a window too many, 50 at most", "'noon'"}) {
    EXPECT_THAT(said.errors, HasSubstr(problem));
  }
}

TEST(Check, CountsOneAsOne) {
  const Said one = check("version: 1\nservices: {web: {command: a, scale: {min: 1, max: 1}}}\n");
  EXPECT_THAT(one.output, HasSubstr(", 1 service\n  web: 1 worker of a\n"));
  const Said some = check("version: 1\nservices: {web: {command: a, scale: {min: 0, max: 1}}}\n");
  EXPECT_THAT(some.output, HasSubstr("  web: 0 to 1 worker of a\n"));
}

}  // namespace
}  // namespace foretide::cli
