#include "agent/agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/wire/codec.hpp"
#include "tests/unit/agent/scratch.hpp"

namespace foretide::agent {
namespace {

using testing::HasSubstr;
using wire::WorkerOrder;
using wire::WorkerPhase;

// The coordinator's end of the wire, played by the test, and one agent's life after another.
class WholeAgent : public testing::Test {
 protected:
  WholeAgent() : server_keys(make_key_pair()), agent_keys(make_key_pair()) {
    auto bound = ZmqServer::bind(context, {{"127.0.0.1", 0}, {"127.0.0.1", 0}, server_keys},
                                 [this](Arrival arrival) { arrived(std::move(arrival)); });
    server = std::move(*bound);
    server->allow({agent_keys.public_key});
  }
  ~WholeAgent() override {
    agent.reset();
    for (const std::int64_t pid : pids) {
      kill(static_cast<pid_t>(-pid), SIGKILL);  // own children, reaped below and not before
      waitpid(static_cast<pid_t>(pid), nullptr, 0);
    }
  }

  // Tests that run at the same time, each a process of its own, keep to ports of their own.
  static std::uint16_t first_port() {
    return static_cast<std::uint16_t>(28100 + getpid() % 90 * 10);
  }
  void start_agent() {
    AgentSettings settings;
    settings.coordinator = {server->bound(Lane::kControl), server->bound(Lane::kTelemetry),
                            server_keys.public_key};
    settings.name = "node-a";
    settings.state = scratch.path();
    settings.first_port = first_port();
    settings.last_port = first_port() + 9;
    settings.same_user = true;
    agent = std::make_unique<Agent>(
        context,
        Agent::Parts{settings, agent_keys, *WorkerRecords::open(scratch.path()),
                     *ProcTree().boot_id(), "test", word_patience},
        [this](const std::string& reason) { final_reason = reason; });
    agent->start();
  }
  void arrived(Arrival arrival) {
    const auto message = wire::decode({arrival.bytes.data(), arrival.bytes.size()});
    ASSERT_TRUE(message) << message.error();
    epoch_heard = message->envelope.epoch;
    if (const auto* hello = std::get_if<wire::Hello>(&message->body)) {
      hellos.push_back(*hello);
      if (answers) send(wire::Welcome{"node-a", epoch});
    } else if (const auto* came = std::get_if<wire::NodeReport>(&message->body)) {
      report = *came;
      for (const wire::WorkerReport& worker : came->workers) {
        if (worker.pid != 0) pids.insert(worker.pid);
      }
    } else if (const auto* taken = std::get_if<wire::NodeSample>(&message->body)) {
      sample = *taken;
    }
  }
  void send(wire::Body body) {
    wire::Message message;
    message.envelope.epoch = epoch;
    message.envelope.session = "coordinator";
    message.envelope.sequence = ++sequence;
    message.body = std::move(body);
    server->send(agent_keys.public_key, wire::encode(message));
  }
  void send_set(WorkerOrder order, const WorkerSpec& spec) {
    wire::DesiredSet set{{epoch, ++revision}, {{{"web-1-1"}, {"web"}, {"r"}, order, false}}, {}};
    set.specs[{"r"}] = spec;
    send(std::move(set));
  }
  static WorkerSpec listening() {
    WorkerSpec spec;
    spec.argv = {FORETIDE_TEST_WORKER, "{host}", "{port}"};
    spec.stop.grace = std::chrono::milliseconds(2000);
    return spec;
  }
  static WorkerSpec shell(const std::string& script) {
    WorkerSpec spec;
    spec.argv = {"/bin/sh", "-c", script};
    return spec;
  }
  const wire::WorkerReport* worker() const {
    return report && !report->workers.empty() ? &report->workers.front() : nullptr;
  }
  bool reaches(WorkerPhase phase) {
    return run_until(context, [&] { return worker() != nullptr && worker()->phase == phase; });
  }
  bool is_connected() {
    return run_until(context, [&] { return !hellos.empty() && report.has_value(); });
  }

  Scratch scratch;
  boost::asio::io_context context;
  KeyPair server_keys, agent_keys;
  std::unique_ptr<ZmqServer> server;
  std::unique_ptr<Agent> agent;
  std::uint64_t epoch = 1, revision = 0, sequence = 0, epoch_heard = 0;
  bool answers = true;
  Duration word_patience = std::chrono::seconds(15);
  std::vector<wire::Hello> hellos;
  std::optional<wire::NodeReport> report;
  std::optional<wire::NodeSample> sample;
  std::string final_reason;
  std::set<std::int64_t> pids;
};

TEST_F(WholeAgent, StartsMonitorsAndStopsAWorker) {
  start_agent();
  ASSERT_TRUE(is_connected());
  EXPECT_EQ(hellos[0].role, wire::Role::kAgent);
  EXPECT_EQ(hellos[0].address, "127.0.0.1");
  EXPECT_GT(hellos[0].cpus, 0.0);
  EXPECT_GT(hellos[0].memory_bytes, 0U);
  send_set(WorkerOrder::kRun, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
  EXPECT_EQ(report->applied, (Stamp{1, 1}));
  EXPECT_EQ(worker()->address, (Address{"127.0.0.1", first_port()}));
  EXPECT_LT(worker()->start_ms, 1000U);
  ASSERT_TRUE(run_until(context, [&] { return sample && !sample->workers.empty(); }));
  EXPECT_TRUE(sample->workers[0].resident_bytes && sample->workers[0].open_files);
  EXPECT_TRUE(sample->host.memory_bytes);
  send_set(WorkerOrder::kStop, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kEnded));
  EXPECT_EQ(worker()->last_exit, (wire::Exit{std::nullopt, SIGTERM}));
  pids.clear();  // reaped by the agent
  send(wire::DesiredSet{{1, ++revision}, {}, {}});
  ASSERT_TRUE(run_until(context, [&] { return report->workers.empty(); }));
  EXPECT_TRUE(std::filesystem::is_empty(scratch / "workers"));
}

TEST_F(WholeAgent, AdoptsItsWorkersAfterARestart) {
  start_agent();
  ASSERT_TRUE(is_connected());
  send_set(WorkerOrder::kRun, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
  const std::int64_t pid = worker()->pid;
  agent.reset();
  hellos.clear();
  report.reset();
  start_agent();
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
  EXPECT_EQ(worker()->pid, pid);
  EXPECT_EQ(report->applied, Stamp{});
  EXPECT_EQ(hellos.at(0).highest_epoch, 1U);
  send_set(WorkerOrder::kStop, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kEnded));
}

TEST_F(WholeAgent, ReportsACommandThatIsNotThere) {
  start_agent();
  ASSERT_TRUE(is_connected());
  WorkerSpec spec;
  spec.argv = {"./no-such-server"};
  send_set(WorkerOrder::kRun, spec);
  ASSERT_TRUE(reaches(WorkerPhase::kRefused));
  EXPECT_EQ(worker()->reason, "command not found: ./no-such-server");
}

TEST_F(WholeAgent, ShowsWhatAWorkerSaidThatEndedAtOnce) {
  start_agent();
  ASSERT_TRUE(is_connected());
  send_set(WorkerOrder::kRun, shell("echo no such model >&2; exit 3"));
  ASSERT_TRUE(reaches(WorkerPhase::kBackingOff));
  EXPECT_THAT(worker()->reason, HasSubstr("before it was ready with exit code 3"));
  EXPECT_THAT(worker()->last_output, testing::ElementsAre("no such model"));
  pids.clear();
}

TEST_F(WholeAgent, KillsAWorkerThatNeverBecomesReady) {
  start_agent();
  ASSERT_TRUE(is_connected());
  WorkerSpec spec = shell("trap '' TERM; while :; do sleep 0.01; done");
  spec.start.timeout = std::chrono::milliseconds(150);
  send_set(WorkerOrder::kRun, spec);
  ASSERT_TRUE(reaches(WorkerPhase::kBackingOff));
  EXPECT_THAT(worker()->reason, HasSubstr("not ready within 150 ms"));
  EXPECT_TRUE(run_until(context, [&] { return worker()->pid == 0; }));
  pids.clear();
}

TEST_F(WholeAgent, GreetsAgainWhenTheEpochGrowsAndTellsTheHighest) {
  start_agent();
  ASSERT_TRUE(is_connected());
  ASSERT_TRUE(run_until(context, [&] { return epoch_heard == 1; }));
  hellos.clear();
  epoch = 9;
  send(wire::Welcome{"node-a", 9});
  ASSERT_TRUE(run_until(context, [&] { return !hellos.empty() && epoch_heard == 9; }));
  EXPECT_EQ(hellos.back().highest_epoch, 9U);
}

TEST_F(WholeAgent, GreetsUntilItIsWelcomed) {
  answers = false;
  start_agent();
  EXPECT_TRUE(run_until(context, [&] { return hellos.size() >= 2; }));
}

TEST_F(WholeAgent, EndsWithTheReasonOfAFinalRefusal) {
  start_agent();
  ASSERT_TRUE(is_connected());
  send(wire::Refusal{"node-a is connected already", true});
  ASSERT_TRUE(run_until(context, [&] { return !final_reason.empty(); }));
  EXPECT_EQ(final_reason, "node-a is connected already");
}

TEST_F(WholeAgent, TakesBackAWorkerWhoseRecordCannotBeRead) {
  start_agent();
  ASSERT_TRUE(is_connected());
  send_set(WorkerOrder::kRun, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
  const std::int64_t pid = worker()->pid;
  agent.reset();
  report.reset();
  scratch.write("workers/web-1-1.json", "{\"version\": 99}");
  start_agent();
  ASSERT_TRUE(run_until(context, [&] { return report.has_value(); }));
  send_set(WorkerOrder::kRun, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
  EXPECT_EQ(worker()->pid, pid);
  EXPECT_EQ(worker()->address, (Address{"127.0.0.1", first_port()}));
  send_set(WorkerOrder::kStop, listening());
  ASSERT_TRUE(reaches(WorkerPhase::kEnded));
}

// As after a reboot of the host, or on one that was cloned from its disk.
class AfterAReboot : public WholeAgent {
 protected:
  AfterAReboot() {
    WorkerRecord record;
    record.boot_id = "of a former boot";
    record.life.id = {"web-1-1"};
    record.life.service = {"web"};
    record.life.release = {"r"};
    record.life.spec = listening();
    record.life.step = LifeStep::kReady;
    record.life.host = "127.0.0.1";
    record.life.port = first_port();
    record.life.pid = 1;
    EXPECT_TRUE(WorkerRecords::open(scratch.path())->write(record));
  }
};

TEST_F(AfterAReboot, WorkersStartAgainOnceTheCoordinatorHasWelcomedTheAgent) {
  answers = false;
  start_agent();
  // Four seconds of its greetings; without the wait its pause would have been over after one.
  ASSERT_TRUE(run_until(context, [&] { return hellos.size() >= 4; }));
  EXPECT_EQ(worker()->phase, WorkerPhase::kBackingOff);
  answers = true;
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
}

TEST_F(AfterAReboot, WorkersStartAgainWhereNoCoordinatorSaysAnything) {
  answers = false;
  word_patience = std::chrono::milliseconds(1);
  start_agent();
  ASSERT_TRUE(reaches(WorkerPhase::kReady));
}

}  // namespace
}  // namespace foretide::agent
