// `foretide dev` and the quickstart: they serve, and in whatever way they end, no process and no
// file of theirs is left.
//
// What belongs to a run is known by its TMPDIR, which everything that it starts inherits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "common/settings/node_settings.hpp"
#include "deploy/cli/local_cluster.hpp"
#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// One run of the `foretide` command with its temporary files in a folder of the test's.
class Command {
 public:
  explicit Command(const std::vector<std::string>& arguments,
                   std::vector<std::string> before = {}) {
    std::filesystem::create_directory(temporary());
    std::vector<std::string> argv = std::move(before);
    argv.push_back(program("foretide"));
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto started =
        ChildProcess::start({argv,
                             {{"TMPDIR", temporary()}, {"FORETIDE_RUN_DIR", run_folder()}},
                             folder_.path / "output",
                             ""});
    EXPECT_TRUE(started) << started.error();
    process_.emplace(std::move(*started));
  }
  ~Command() {
    process_->stop(std::chrono::seconds(20));
    for (const long pid : processes()) ::kill(static_cast<pid_t>(pid), SIGKILL);
  }

  ChildProcess& process() { return *process_; }
  std::string output() const { return text_of(folder_.path / "output"); }
  std::vector<long> processes() const {
    const std::string mark = "TMPDIR=" + temporary();
    std::vector<long> pids;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
      const long pid = std::atol(entry.path().filename().c_str());
      if (pid > 0 && text_of(entry.path() / "environ").find(mark + '\0') != std::string::npos) {
        pids.push_back(pid);
      }
    }
    return pids;
  }
  // Of what the run wrote, the file of this name; empty: there is none yet.
  std::filesystem::path file_named(const std::string& name) const {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(temporary(), ignored)) {
      if (entry.path().filename() == name) return entry.path();
    }
    return {};
  }
  // One whose command holds these words; 0: there is none.
  long process_named(const std::string& words) const {
    for (const long pid : processes()) {
      if (text_of("/proc/" + std::to_string(pid) + "/cmdline").find(words) != std::string::npos) {
        return pid;
      }
    }
    return 0;
  }
  void expect_nothing_left() const {
    EXPECT_TRUE(eventually([&] { return processes().empty(); })) << output();
    EXPECT_TRUE(eventually([&] { return std::filesystem::is_empty(temporary()); })) << output();
    std::error_code error;
    const bool no_token = std::filesystem::is_empty(run_folder(), error) || error;
    EXPECT_TRUE(no_token) << run_folder();
  }

 private:
  std::string temporary() const { return folder_.path / "tmp"; }
  std::string run_folder() const { return folder_.path / "run"; }

  TemporaryFolder folder_;
  std::optional<ChildProcess> process_;
};

class Dev : public testing::Test {
 protected:
  std::vector<std::string> arguments() const {
    return {"dev",   "--traffic", traffic_.text(),           "--admin", admin_.text(), "--max",
            "2",     "--",        program("example-worker"), "--host",  "{host}",      "--port",
            "{port}"};
  }
  void start(std::vector<std::string> before = {}) {
    run_.emplace(arguments(), std::move(before));
    ASSERT_TRUE(serves()) << run_->output();
  }
  bool serves() const {
    return eventually([&] { return ask(traffic_, "/").status == 200; });
  }
  void expect_end(int status) {
    EXPECT_EQ(run_->process().wait(kPatience), status) << run_->output();
    run_->expect_nothing_left();
  }

  const std::uint16_t port_ = cli::free_ports(3);
  const Address traffic_{"127.0.0.1", port_};
  const Address admin_{"127.0.0.1", static_cast<std::uint16_t>(port_ + 1)};
  const Address elsewhere_{"127.0.0.1", static_cast<std::uint16_t>(port_ + 2)};
  std::optional<Command> run_;
};

class DevSignal : public Dev, public testing::WithParamInterface<int> {};

// As a terminal does it: to the whole foreground group, of which our own children are no part.
TEST_P(DevSignal, EndsItAndNothingIsLeft) {
  start();
  ::kill(-run_->process().pid(), GetParam());
  expect_end(0);
}

INSTANTIATE_TEST_SUITE_P(Each, DevSignal, testing::Values(SIGINT, SIGTERM, SIGHUP, SIGQUIT),
                         [](const auto& signal) { return sigabbrev_np(signal.param); });

TEST_F(Dev, ThatIsKilledTakesEverythingWithIt) {
  start();
  run_->process().signal(SIGKILL);
  expect_end(128 + SIGKILL);
}

TEST_F(Dev, WhoseCoordinatorIsKilledSaysSoAndEnds) {
  start();
  ::kill(static_cast<pid_t>(run_->process_named("foretide-coordinator")), SIGKILL);
  expect_end(1);
  EXPECT_THAT(run_->output(), HasSubstr("coordinator was killed by signal 9"));
}

TEST_F(Dev, HearsOfACoordinatorsEndWhereItsStarterIgnoredTheEndOfChildren) {
  start({"env", "--ignore-signal=CHLD"});
  ::kill(static_cast<pid_t>(run_->process_named("foretide-coordinator")), SIGKILL);
  expect_end(1);
}

TEST_F(Dev, HasAPortForEachWorkerAndItsSuccessor) {
  std::vector<std::string> many = arguments();
  many[6] = "400";
  run_.emplace(many);
  ASSERT_TRUE(serves()) << run_->output();
  const auto agent = read_agent_settings(run_->file_named("agent.yaml"));
  ASSERT_TRUE(agent) << agent.error();
  EXPECT_GE(agent->last_port - agent->first_port + 1, 800);
}

TEST_F(Dev, ASecondOneOnTheSameAdminAddressNamesTheOption) {
  start();
  std::vector<std::string> same_admin = arguments();
  same_admin[2] = elsewhere_.text();
  Command second(same_admin);
  EXPECT_EQ(second.process().wait(kPatience), 1);
  EXPECT_THAT(second.output(), HasSubstr(admin_.text() + ": the address is in use"));
  EXPECT_THAT(second.output(), HasSubstr("change --admin\n"));
  EXPECT_THAT(second.output(), Not(HasSubstr("cluster.yaml")));
  second.expect_nothing_left();
  EXPECT_TRUE(serves());
}

TEST_F(Dev, ASecondOneOnTheSameTrafficAddressNamesTheOption) {
  start();
  std::vector<std::string> same_traffic = arguments();
  same_traffic[4] = elsewhere_.text();
  Command second(same_traffic);
  EXPECT_EQ(second.process().wait(kPatience), 1);
  EXPECT_THAT(second.output(), HasSubstr("--traffic"));
  EXPECT_THAT(second.output(), HasSubstr("cannot listen on " + traffic_.text()));
  second.expect_nothing_left();
  EXPECT_TRUE(serves());
}

TEST_F(Dev, OfACommandThatIsNotThereEndsAtOnce) {
  for (const std::string missing : {"no-such-command", "/no/such/command"}) {
    Command dev({"dev", "--traffic", traffic_.text(), "--admin", admin_.text(), "--", missing});
    EXPECT_EQ(dev.process().wait(kPatience), 1);
    EXPECT_THAT(dev.output(), HasSubstr("'" + missing + "'"));
    dev.expect_nothing_left();
  }
}

TEST(Foretide, NamesAVerbThatThereIsNot) {
  Command foo({"foo"});
  EXPECT_EQ(foo.process().wait(kPatience), 2);
  EXPECT_THAT(foo.output(), HasSubstr("no verb 'foo'"));
}

TEST(Quickstart, EndsWithASummaryAndWithoutAFailure) {
  Command quickstart({"quickstart", "--seconds", "4"});
  EXPECT_EQ(quickstart.process().wait(kPatience), 0) << quickstart.output();
  EXPECT_THAT(quickstart.output(), HasSubstr("Summary"));
  EXPECT_THAT(quickstart.output(), HasSubstr(", 0 failed (as the client saw it)"));
  quickstart.expect_nothing_left();
}

TEST(Quickstart, EndsOnASignalInTheMidstOfItsLoad) {
  Command quickstart({"quickstart", "--seconds", "600"});
  ASSERT_TRUE(eventually([&] {
    return quickstart.output().find("==> sending") != std::string::npos;
  })) << quickstart.output();
  ::kill(-quickstart.process().pid(), SIGINT);
  EXPECT_EQ(quickstart.process().wait(kPatience), 0) << quickstart.output();
  EXPECT_THAT(quickstart.output(), HasSubstr("Summary"));
  quickstart.expect_nothing_left();
}

}  // namespace
}  // namespace foretide::e2e
