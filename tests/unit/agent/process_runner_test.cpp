#include "agent/io/process_runner.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "agent/io/launch.hpp"
#include "agent/io/worker_log.hpp"
#include "tests/unit/agent/scratch.hpp"

namespace foretide::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct End {
  wire::Exit exit;
  std::vector<std::string> last_output;
};

// A runner with a folder of its own and shell scripts for workers.
class Runner : public testing::Test {
 protected:
  Runner() { make_runner(); }
  ~Runner() override {
    for (const auto& [id, identity] : started) runner->kill_group({id});
    run_until(context, [&] { return ends.size() >= started.size(); });
    for (const auto& [id, identity] : started) runner->kill_group({id});
  }

  void make_runner() {
    runner.reset();
    runner = std::make_unique<ProcessRunner>(
        context, tree, settings(),
        [this](const WorkerId& id, const wire::Exit& exit, std::vector<std::string> output) {
          ends[id.text] = {exit, std::move(output)};
        });
  }
  ProcessRunner::Settings settings() const {
    return {scratch.path(), *tree.boot_id(), true, descriptors, exec_time_max};
  }
  static WorkerSpec shell(const std::string& script) {
    WorkerSpec spec;
    spec.argv = {"/bin/sh", "-c", script};
    return spec;
  }
  ProcessIdentity start(const std::string& id, const WorkerSpec& spec) {
    auto outcome = runner->spawn(spec, {"127.0.0.1", 20001, {id}}, ProcessRunner::draw_mark());
    if (auto* problem = std::get_if<SpawnProblem>(&outcome)) {
      ADD_FAILURE() << problem->reason;
      return {};
    }
    return started[id] = std::get<ProcessIdentity>(outcome);
  }
  SpawnProblem problem_of(const WorkerSpec& spec) {
    auto outcome = runner->spawn(spec, {"127.0.0.1", 20001, {"p"}}, ProcessRunner::draw_mark());
    if (auto* problem = std::get_if<SpawnProblem>(&outcome)) return *problem;
    started["p"] = std::get<ProcessIdentity>(outcome);
    return {"none", false};
  }
  bool has_written(const std::string& id, const std::string& text) {
    return run_until(context,
                     [&] { return scratch.read(id + ".log").find(text) != std::string::npos; });
  }
  bool has_ended(const std::string& id) {
    return run_until(context, [&] { return ends.contains(id); });
  }
  bool is_alive(std::int64_t pid) const {
    const auto stat = tree.stat(pid);
    return stat && stat->is_alive();
  }

  Scratch scratch;
  boost::asio::io_context context;
  ProcTree tree;
  std::optional<rlimit> descriptors;
  std::chrono::milliseconds exec_time_max = kExecTimeMax;
  std::unique_ptr<ProcessRunner> runner;
  std::map<std::string, End> ends;
  std::map<std::string, ProcessIdentity> started;
};

TEST_F(Runner, FillsTheCommandAndTheEnvironment) {
  scratch.write("secret", "s3cret\n");
  WorkerSpec spec = shell("echo $0 $HOST $PORT $FORETIDE_WORKER_ID $NAME $TOKEN");
  spec.argv.push_back("at-{host}:{port}");
  spec.env = {{"NAME", "{id}!"}, {"TOKEN", "<${file:" + (scratch / "secret") + "}>"}};
  start("web-1-1", spec);
  ASSERT_TRUE(has_ended("web-1-1"));
  EXPECT_EQ(ends["web-1-1"].exit.code, 0);
  EXPECT_THAT(ends["web-1-1"].last_output,
              ElementsAre("at-127.0.0.1:20001 127.0.0.1 20001 web-1-1 web-1-1! <s3cret>"));
}

TEST_F(Runner, TellsTheExitCodeOrSignalAndTheLastLines) {
  start(
      "a",
      shell("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; echo oops >&2; exit 42"));
  start("b", shell("kill -KILL $$"));
  ASSERT_TRUE(has_ended("a") && has_ended("b"));
  EXPECT_EQ(ends["a"].exit, (wire::Exit{42, std::nullopt}));
  EXPECT_EQ(ends["a"].last_output.size(), 10U);
  EXPECT_EQ(ends["a"].last_output.back(), "oops");
  EXPECT_EQ(ends["b"].exit, (wire::Exit{std::nullopt, SIGKILL}));
}

TEST_F(Runner, GivesTheWorkerNothingOfTheAgents) {
  // An inherited descriptor, a blocked signal and an ignored one would each be the agent's.
  const Descriptor leaked(dup(1));
  signal(SIGUSR1, SIG_IGN);
  start("a",
        shell("ls -l /proc/self/fd | grep -c -- '->' ; cat /proc/self/status; "
              "cat /proc/self/limits; readlink /proc/self/fd/0; ps -o sid= -p $$ 2>/dev/null"));
  signal(SIGUSR1, SIG_DFL);
  ASSERT_TRUE(has_ended("a"));
  const std::string output = scratch.read("a.log");
  EXPECT_THAT(output, testing::StartsWith("4\n"));  // 0, 1, 2 and the folder that ls reads
  EXPECT_THAT(output, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(output, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(output, HasSubstr("SigIgn:\t0000000000000000"));
  EXPECT_THAT(output, testing::ContainsRegex("Max core file size +0 +0"));
  EXPECT_THAT(output, HasSubstr("/dev/null"));
}

TEST_F(Runner, ReportsWhyACommandCannotRun) {
  WorkerSpec spec;
  spec.argv = {"no-such-command-at-all"};
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("command not found: no-such-command-at-all"));
  EXPECT_TRUE(problem_of(spec).hopeless);
  spec.argv = {"./server"};
  spec.workdir = scratch.path();
  EXPECT_EQ(problem_of(spec).reason, "command not found: ./server (in " + scratch.path() + ")");
  scratch.write("plain", "not a program");
  chmod((scratch / "plain").c_str(), 0755);
  spec.argv = {"./plain"};
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("is not a program"));
  scratch.write("script", "#!/no/such/interpreter\n");
  chmod((scratch / "script").c_str(), 0755);
  spec.argv = {scratch / "script"};
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("interpreter that it names is not"));
  chmod((scratch / "script").c_str(), 0644);
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("may not execute " + (scratch / "script")));
  spec = shell("true");
  spec.workdir = "/no/such/folder";
  EXPECT_EQ(problem_of(spec).reason, "workdir /no/such/folder: No such file or directory");
  EXPECT_TRUE(problem_of(spec).hopeless);
  spec = shell("true");
  spec.user = "no-such-user-here";
  EXPECT_EQ(problem_of(spec).reason, "there is no user `no-such-user-here` on this host");
  spec = shell("true");
  spec.env["A"] = "${file:/no/such/secret}";
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("/no/such/secret"));
  spec.env["A"] = "${env:FORETIDE_TEST_SURELY_UNSET}";
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("has no FORETIDE_TEST_SURELY_UNSET"));
  spec.argv.clear();
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("command is empty"));
}

TEST_F(Runner, FindsARelativeCommandInItsWorkdir) {
  scratch.write("bin/server", "#!/bin/sh\npwd\n");
  chmod((scratch / "bin/server").c_str(), 0755);
  WorkerSpec spec;
  spec.argv = {"bin/server"};
  spec.workdir = scratch.path();
  start("a", spec);
  ASSERT_TRUE(has_ended("a"));
  EXPECT_THAT(ends["a"].last_output, ElementsAre(scratch.path()));
}

TEST_F(Runner, KillsAGrandchildWithASessionOfItsOwnThatIgnoresSigterm) {
  const std::string grandchild =
      "setsid /bin/sh -c 'trap \"\" TERM; echo child $$; while :; do sleep 1; done' & ";
  start("a", shell(grandchild + "trap 'exit 0' TERM; while :; do sleep 0.01; done"));
  ASSERT_TRUE(has_written("a", "child "));
  const std::string log = scratch.read("a.log");
  const std::int64_t pid = std::stoll(log.substr(log.find("child ") + 6));
  EXPECT_TRUE(is_alive(pid));
  EXPECT_THAT(runner->members({"a"}), testing::Contains(pid));
  runner->signal({"a"}, SIGTERM);
  ASSERT_TRUE(has_ended("a"));
  EXPECT_EQ(ends["a"].exit.code, 0);
  EXPECT_TRUE(is_alive(pid));  // it ignored the signal, and is in another session
  runner->kill_group({"a"});
  EXPECT_TRUE(run_until(context, [&] { return !is_alive(pid); }));
}

TEST_F(Runner, AWorkerOutlivesTheRunnerAndIsAdoptedByItsFullIdentity) {
  const ProcessIdentity identity =
      start("a", shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(has_written("a", "up"));
  make_runner();
  EXPECT_TRUE(is_alive(identity.pid));
  const auto adopts = [&](auto change) {
    ProcessIdentity other = identity;
    change(other);
    return runner->adopt(other);
  };
  EXPECT_FALSE(adopts([](auto& other) { other.boot_id = "another boot"; }));
  EXPECT_FALSE(adopts([](auto& other) { other.start_ticks += 1; }));
  EXPECT_FALSE(adopts([](auto& other) { other.pid = getpid(); }));
  EXPECT_FALSE(adopts([](auto& other) {
    other.mark = "other";
    other.log.clear();
  }));
  EXPECT_FALSE(adopts([](auto& other) {
    other.id = {"b"};
    other.log.clear();
  }));
  EXPECT_TRUE(runner->adopt(identity));
  EXPECT_THAT(runner->members({"a"}), testing::Contains(identity.pid));
  runner->signal({"a"}, SIGTERM);
  ASSERT_TRUE(has_ended("a"));
  waitpid(static_cast<pid_t>(identity.pid), nullptr, 0);  // this test is its parent still
}

TEST_F(Runner, AWorkerThatOverwroteItsEnvironmentIsKnownByItsLog) {
  // `env -i` stands for a program that writes its title over its environment.
  WorkerSpec spec;
  spec.argv = {"/bin/sh", "-c", "exec env -i /bin/sh -c 'echo up; while :; do sleep 0.01; done'"};
  const ProcessIdentity identity = start("a", spec);
  ASSERT_TRUE(has_written("a", "up"));
  make_runner();
  EXPECT_TRUE(runner->adopt(identity));
  runner->signal({"a"}, SIGTERM);
  EXPECT_TRUE(has_ended("a"));
  waitpid(static_cast<pid_t>(identity.pid), nullptr, 0);
}

TEST_F(Runner, AnAdoptedWorkerThatHidesLaterIsStillStopped) {
  const ProcessIdentity identity = start(
      "a",
      shell("trap 'exec >/dev/null 2>&1; echo hidden >hid; exec env -i /bin/sh -c \"while :; do "
            "sleep 0.01; done\"' USR1; cd " +
            scratch.path() + "; echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(has_written("a", "up"));
  make_runner();
  ASSERT_TRUE(runner->adopt(identity));
  runner->signal({"a"}, SIGUSR1);
  ASSERT_TRUE(run_until(context, [&] {
    return tree.output_of(identity.pid) == "/dev/null" &&
           tree.has_environment(identity.pid, "FORETIDE_WORKER_ID=a") == false;
  }));
  EXPECT_FALSE(ProcessGroup(tree, identity).leader_is_ours());
  runner->signal({"a"}, SIGTERM);
  EXPECT_TRUE(has_ended("a"));
  waitpid(static_cast<pid_t>(identity.pid), nullptr, 0);
}

TEST_F(Runner, APidThatNowBelongsToAnotherIsNeverSignalled) {
  const ProcessIdentity stranger = start("stranger", shell("while :; do sleep 0.01; done"));
  // The record of a worker that had this pid in its day: the machine says that it started at
  // another time.
  const Scratch machine;
  const std::string folder = std::to_string(stranger.pid);
  std::string stat = *read_text("/proc/" + folder + "/stat", 4096);
  machine.write(folder + "/stat", stat);
  machine.write(folder + "/environ",
                std::string("FORETIDE_WORKER_ID=a\0FORETIDE_WORKER_MARK=m\0", 44));
  machine.write("sys/kernel/random/boot_id", "this-boot\n");
  const ProcTree faked(machine.path());
  const ProcessIdentity old{{"a"}, "this-boot", stranger.pid, stranger.start_ticks - 1, "m"};
  const ProcessGroup group(faked, old);
  EXPECT_FALSE(group.leader_is_ours());
  EXPECT_FALSE(group.signal(SIGKILL));
  EXPECT_FALSE(open_leader(faked, old));
  const ProcessIdentity old_boot{{"a"}, "former-boot", stranger.pid, stranger.start_ticks, "m"};
  EXPECT_FALSE(ProcessGroup(faked, old_boot).signal(SIGKILL));
  EXPECT_EQ(ProcessGroup(faked, old_boot).kill_all(), 0);
  const ProcessIdentity unmarked{{"b"}, "this-boot", stranger.pid, stranger.start_ticks, ""};
  EXPECT_FALSE(ProcessGroup(faked, unmarked).signal(SIGKILL));
  EXPECT_TRUE(is_alive(stranger.pid));
  EXPECT_FALSE(ends.contains("stranger"));
}

TEST_F(Runner, AStartThatWasNeverWrittenDownIsFoundByItsMark) {
  const ProcessIdentity identity = start("a", shell("echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(has_written("a", "up"));
  ProcessIdentity intent{{"a"}, identity.boot_id, 0, 0, identity.mark};
  ASSERT_TRUE(find_leader(tree, intent));
  EXPECT_EQ(intent.pid, identity.pid);
  EXPECT_EQ(intent.start_ticks, identity.start_ticks);
  intent.mark = ProcessRunner::draw_mark();
  EXPECT_FALSE(find_leader(tree, intent));
}

TEST_F(Runner, RunsAsNobodyWhenTheAgentIsRootAndSaysWhatNobodyMayNotDo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  runner = std::make_unique<ProcessRunner>(
      context, tree, ProcessRunner::Settings{scratch.path(), *tree.boot_id(), false},
      [this](const WorkerId& id, const wire::Exit& exit, std::vector<std::string> output) {
        ends[id.text] = {exit, std::move(output)};
      });
  setenv("FORETIDE_TEST_SECRET", "do-not-tell", 1);
  setenv("OTHER_SECRET", "do-not-tell", 1);
  WorkerSpec spec = shell("id -un; id -Gn; env; echo via-dev >> /dev/stdout");
  spec.workdir = "/";
  start("a", spec);
  ASSERT_TRUE(has_ended("a"));
  const std::string output = scratch.read("a.log");
  EXPECT_THAT(output, testing::StartsWith("nobody\nnogroup\n"));
  EXPECT_THAT(output, testing::Not(HasSubstr("do-not-tell")));
  EXPECT_THAT(output, HasSubstr("via-dev"));
  scratch.write("locked/server", "#!/bin/sh\n");
  chmod((scratch / "locked/server").c_str(), 0755);
  chmod((scratch / "locked").c_str(), 0700);
  chmod(scratch.path().c_str(), 0755);
  spec = {};
  spec.argv = {scratch / "locked/server"};
  EXPECT_EQ(problem_of(spec).reason, "user `nobody` may not enter " + (scratch / "locked") +
                                         ", where " + (scratch / "locked/server") + " lies");
  spec.workdir = scratch / "locked";
  EXPECT_EQ(problem_of(spec).reason, "user `nobody` may not enter " + (scratch / "locked"));
  // Relative to the agent's own folder, as where root started it in /root.
  const std::string former = std::filesystem::current_path();
  std::filesystem::current_path(scratch / "locked");
  spec = {};
  spec.argv = {"./server"};
  EXPECT_EQ(problem_of(spec).reason, "user `nobody` may not enter " + (scratch / "locked") +
                                         ", where " + (scratch / "locked/server") + " lies");
  std::filesystem::current_path(former);
}

TEST_F(Runner, GivesWorkersTheirOwnLimitOfDescriptors) {
  rlimit own{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &own), 0);
  descriptors = rlimit{77, own.rlim_max};
  make_runner();
  start("a", shell("ulimit -n"));
  ASSERT_TRUE(has_ended("a"));
  EXPECT_EQ(scratch.read("a.log"), "77\n");
}

TEST_F(Runner, ASecretInAPipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(mkfifo((scratch / "pipe").c_str(), 0600), 0);
  WorkerSpec spec = shell("true");
  spec.env["A"] = "${file:" + (scratch / "pipe") + "}";
  EXPECT_THAT(problem_of(spec).reason, HasSubstr((scratch / "pipe") + ": is no regular file"));
}

// A lease keeps whoever opens the file waiting, as a network file system does whose server is gone.
TEST_F(Runner, AStartThatIsBlockedFailsAndLeavesNoProcess) {
  signal(SIGIO, SIG_IGN);  // tells of somebody who waits
  scratch.write("server", "#!/bin/sh\necho ran\n");
  chmod((scratch / "server").c_str(), 0755);
  const Descriptor lease(open((scratch / "server").c_str(), O_RDONLY | O_CLOEXEC));
  if (fcntl(lease.get(), F_SETLEASE, F_WRLCK) != 0) GTEST_SKIP() << "no leases on this file system";
  exec_time_max = std::chrono::milliseconds(200);
  make_runner();
  WorkerSpec spec;
  spec.argv = {scratch / "server"};
  const SpawnProblem problem = problem_of(spec);
  EXPECT_THAT(problem.reason,
              HasSubstr("starting " + (scratch / "server") + " was blocked for 200 ms"));
  EXPECT_THAT(problem_of(spec).reason, HasSubstr("was blocked for 50 ms"))
      << "many in a row must not keep the agent from reporting";
  EXPECT_FALSE(problem.hopeless);
  EXPECT_TRUE(run_until(context, [&] {
    runner->bound_logs();
    return !std::filesystem::exists("/proc/" + std::to_string(problem.unreaped));
  }));
  EXPECT_EQ(fcntl(lease.get(), F_SETLEASE, F_UNLCK), 0);
  EXPECT_EQ(scratch.read("p.log"), "");
  signal(SIGIO, SIG_DFL);
}

TEST_F(Runner, ForgettingAnIdThatIsNoNameRemovesNothing) {
  std::filesystem::create_directory(scratch / "logs");
  scratch.write("precious.log", "mine");
  runner = std::make_unique<ProcessRunner>(
      context, tree, ProcessRunner::Settings{scratch / "logs", *tree.boot_id(), true},
      [](const WorkerId&, const wire::Exit&, std::vector<std::string>) {});
  runner->forget({"../precious"});
  EXPECT_EQ(scratch.read("precious.log"), "mine");
}

TEST(WorkerLog, KeepsTheNewestAndStaysBounded) {
  const Scratch scratch;
  const std::string path = scratch / "a.log";
  const auto log = open_worker_log(path);
  ASSERT_TRUE(log);
  const std::string early(600, 'a'), late(500, 'b');
  ASSERT_EQ(write(log->get(), early.data(), early.size()), 600);
  ASSERT_EQ(write(log->get(), late.data(), late.size()), 500);
  EXPECT_FALSE(rotate_log(path, 2000));
  EXPECT_TRUE(rotate_log(path, 700));
  EXPECT_EQ(scratch.read("a.log.1"), std::string(200, 'a') + late);
  EXPECT_EQ(log_size(path), 0U);
  ASSERT_EQ(write(log->get(), "new\n", 4), 4);  // the worker appends on
  EXPECT_EQ(scratch.read("a.log"), "new\n");
}

TEST(WorkerLog, ShowsLastLinesSafely) {
  const Scratch scratch;
  scratch.write("a.log", "old\nfine \xc3\xa4\r\n\nbad \xff\x1b[31m\n");
  EXPECT_THAT(last_lines(scratch / "a.log", 4), ElementsAre("fine \xc3\xa4", "bad ??[31m"));
  EXPECT_THAT(last_lines(scratch / "a.log", 1'000'000), testing::SizeIs(3));
  EXPECT_THAT(last_lines(scratch / "none", 0), testing::IsEmpty());
  EXPECT_EQ(made_safe("\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf"), std::string(9, '?'));
}

TEST(WorkerLog, FollowsNoSymlink) {
  const Scratch scratch;
  scratch.write("target", "");
  ASSERT_EQ(symlink((scratch / "target").c_str(), (scratch / "a.log").c_str()), 0);
  EXPECT_FALSE(open_worker_log(scratch / "a.log"));
}

}  // namespace
}  // namespace foretide::agent
