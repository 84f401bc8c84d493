#include "agent/io/adoption.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "agent/io/state_lock.hpp"
#include "tests/unit/agent/scratch.hpp"

namespace foretide::agent {
namespace {

// One agent life after another over the same folder; the worker is a shell that waits for its end.
class Adopting : public testing::Test {
 protected:
  std::unique_ptr<ProcessRunner> make_runner() {
    return std::make_unique<ProcessRunner>(
        context, tree, ProcessRunner::Settings{scratch.path(), *tree.boot_id(), true},
        [this](const WorkerId&, const wire::Exit&, std::vector<std::string>) { ended = true; });
  }
  WorkerRecord started() {
    former = make_runner();
    WorkerRecord record;
    record.boot_id = *tree.boot_id();
    record.mark = ProcessRunner::draw_mark();
    record.life.id = {"a"};
    record.life.step = LifeStep::kReady;
    record.life.port = 20001;
    record.life.spec.argv = {"/bin/sh", "-c", "while :; do sleep 0.01; done"};
    auto outcome = former->spawn(record.life.spec, {"127.0.0.1", 20001, {"a"}}, record.mark);
    identity = std::get<ProcessIdentity>(outcome);
    record.life.pid = identity.pid;
    record.life.start_ticks = identity.start_ticks;
    former.reset();
    return record;
  }
  Adoption adopted(const WorkerRecord& record) {
    runner = make_runner();
    return adopt({record}, *runner, tree, *tree.boot_id(), Instant(std::chrono::hours(1)));
  }
  bool is_alive() const {
    const auto stat = tree.stat(identity.pid);
    return stat && stat->is_alive();
  }
  void TearDown() override {
    if (identity.pid == 0) return;
    runner = make_runner();
    if (is_alive() && runner->adopt(identity)) runner->kill_group({"a"});
    waitpid(static_cast<pid_t>(identity.pid), nullptr, 0);
  }

  Scratch scratch;
  boost::asio::io_context context;
  ProcTree tree;
  ProcessIdentity identity;
  std::unique_ptr<ProcessRunner> former, runner;
  bool ended = false;
};

TEST_F(Adopting, TakesOverAWorkerWhoseRecordMatches) {
  const Adoption adoption = adopted(started());
  ASSERT_EQ(adoption.events.size(), 1U);
  EXPECT_EQ(std::get<Adopted>(adoption.events[0]).life.pid, identity.pid);
  EXPECT_THAT(adoption.sentences, testing::IsEmpty());
  runner->signal({"a"}, SIGTERM);
  EXPECT_TRUE(run_until(context, [&] { return ended; }));
}

TEST_F(Adopting, FindsAWorkerWhosePidWasNotWrittenDown) {
  WorkerRecord record = started();
  record.life.pid = 0;
  record.life.start_ticks = 0;
  record.life.step = LifeStep::kSpawning;
  const Adoption adoption = adopted(record);
  ASSERT_EQ(adoption.events.size(), 1U);
  EXPECT_EQ(std::get<Adopted>(adoption.events[0]).life.pid, identity.pid);
}

TEST_F(Adopting, TellsOfAWorkerThatIsGoneAndLeavesAStrangerAlone) {
  WorkerRecord record = started();
  record.life.start_ticks -= 1;  // as if the pid had been another's in the record's day
  record.mark = ProcessRunner::draw_mark();
  const Adoption adoption = adopted(record);
  ASSERT_EQ(adoption.events.size(), 2U);
  EXPECT_EQ(std::get<Ended>(adoption.events[1]).exit, wire::Exit{});
  EXPECT_THAT(adoption.sentences, testing::ElementsAre(testing::HasSubstr("not adopted")));
  EXPECT_TRUE(is_alive());
}

TEST_F(Adopting, ARecordOfAFormerBootMeansNoProcess) {
  WorkerRecord record = started();
  record.boot_id = "a former boot";
  record.life.since = Instant(std::chrono::hours(900));
  const Adoption adoption = adopted(record);
  ASSERT_EQ(adoption.events.size(), 2U);
  EXPECT_EQ(std::get<Adopted>(adoption.events[0]).life.since, Instant(std::chrono::hours(1)));
  EXPECT_TRUE(std::holds_alternative<Ended>(adoption.events[1]));
  EXPECT_TRUE(is_alive());
}

TEST_F(Adopting, WithoutARecordAProcessTellsWhatItIs) {
  const WorkerRecord record = started();
  const auto log = [&](const std::string& id) { return scratch / (id + ".log"); };
  const auto found = record_of_running({"a"}, log("a"), tree, record.boot_id, Instant{});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->life.pid, identity.pid);
  EXPECT_EQ(found->life.start_ticks, identity.start_ticks);
  EXPECT_EQ(found->life.port, 20001);
  EXPECT_EQ(found->life.host, "127.0.0.1");
  EXPECT_EQ(found->mark, record.mark);
  EXPECT_EQ(found->life.order, wire::WorkerOrder::kRun);
  EXPECT_FALSE(record_of_running({"b"}, log("b"), tree, record.boot_id, Instant{}));
  // Its log is a witness, but its environment speaks of another worker: nobody knows its port.
  const auto other = record_of_running({"b"}, log("a"), tree, record.boot_id, Instant{});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->life.port, 0);
  EXPECT_EQ(other->life.order, wire::WorkerOrder::kStop);
}

TEST_F(Adopting, ARecordWithoutAProcessIsTakenAsItIs) {
  WorkerRecord record;
  record.boot_id = *tree.boot_id();
  record.life.id = {"b"};
  record.life.step = LifeStep::kEnded;
  const Adoption adoption = adopted(record);
  ASSERT_EQ(adoption.events.size(), 1U);
  EXPECT_EQ(std::get<Adopted>(adoption.events[0]).life, record.life);
}

TEST(StateLock, ASecondAgentOnTheSameFolderIsRefused) {
  const Scratch scratch;
  const std::string state = scratch / "deep/state";
  {
    const auto first = lock_state(state);
    ASSERT_TRUE(first);
    const auto second = lock_state(state);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(),
                testing::HasSubstr("(pid " + std::to_string(getpid()) + ") already runs"));
  }
  EXPECT_TRUE(lock_state(state));
}

// RLIMIT_FSIZE stands for a disk that is full.
TEST(StateLock, AFullDiskKeepsNobodyFromStarting) {
  const Scratch scratch;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  const auto lock = lock_state(scratch.path());
  const auto second = lock_state(scratch.path());
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_TRUE(lock) << lock.error();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), testing::HasSubstr("another foretide-agent already runs"));
}

}  // namespace
}  // namespace foretide::agent
