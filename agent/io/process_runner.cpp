#include "agent/io/process_runner.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <utility>

#include "agent/io/launch.hpp"
#include "agent/io/worker_log.hpp"
#include "agent/io/worker_records.hpp"
#include "common/check.hpp"
#include "common/io/clock.hpp"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

namespace foretide::agent {
namespace {

// Where one start was blocked the next ones are likely to be, and all of them together must not
// keep the agent from reporting: silent for 15 s it would count as lost.
constexpr Duration kImpatientFor = std::chrono::seconds(10);
constexpr std::chrono::milliseconds kExecTimeOnceBlocked{50};

}  // namespace

namespace asio = boost::asio;

// The callback holds the pointer to its Running only through the descriptor that it waits on:
// destroying the one cancels the other, and a cancelled wait touches nothing.
struct ProcessRunner::Running {
  Running(asio::io_context& owner, const ProcTree& tree, ProcessIdentity identity, Descriptor pidfd)
      : group(tree, std::move(identity), pidfd.get()), end(owner, pidfd.get()) {
    pidfd.release();
  }

  ProcessGroup group;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> end;
  bool has_ended = false;
  std::uint64_t log_from = 0;  // where its own output begins
};

ProcessRunner::ProcessRunner(asio::io_context& owner, const ProcTree& tree, Settings settings,
                             OnEnd on_end)
    : owner_(owner), tree_(tree), settings_(std::move(settings)), on_end_(std::move(on_end)) {}

ProcessRunner::~ProcessRunner() = default;

ProcessRunner::Running* ProcessRunner::find(const WorkerId& id) const {
  const auto found = running_.find(id);
  return found == running_.end() ? nullptr : found->second.get();
}

std::variant<ProcessIdentity, SpawnProblem> ProcessRunner::spawn(const WorkerSpec& spec,
                                                                 const Placeholders& with,
                                                                 const std::string& mark) {
  const Running* former = find(with.id);
  CHECK(former == nullptr || former->has_ended, "a worker is one process at a time");
  reap_cut_short();
  Result<Launch> launch = launch_for(spec, with, mark, settings_.same_user);
  if (!launch) return SpawnProblem{launch.error(), true};
  launch->descriptors = settings_.descriptors;
  const std::string path = log_path(with.id);
  rotate_log(path);
  const Result<Descriptor> log = open_worker_log(path);
  if (!log) return SpawnProblem{log.error(), false};
  // Lets the worker open /dev/stdout again; the folder stays the agent's.
  if (launch->run_as && fchown(log->get(), launch->run_as->user, launch->run_as->group) != 0) {
    return SpawnProblem{"cannot give the worker its log " + path, false};
  }
  const std::uint64_t log_from = log_size(path);
  const Instant now = monotonic_now();
  const bool patient = !blocked_at_ || now - *blocked_at_ > kImpatientFor;
  std::variant<Child, SpawnProblem> outcome = agent::spawn(
      *launch, log->get(),
      patient ? settings_.exec_time_max : std::min(kExecTimeOnceBlocked, settings_.exec_time_max));
  if (auto* problem = std::get_if<SpawnProblem>(&outcome)) {
    if (problem->unreaped != 0) {
      unreaped_.push_back(problem->unreaped);
      blocked_at_ = now;
    }
    return std::move(*problem);
  }
  Child& child = std::get<Child>(outcome);
  ProcessIdentity identity{with.id, settings_.boot_id, child.pid, 0, mark, path, true};
  // A child that ended already is a zombie and still tells its start time.
  if (const Result<PidStat> stat = tree_.stat(child.pid)) identity.start_ticks = stat->start_ticks;
  auto running = std::make_unique<Running>(owner_, tree_, identity, std::move(child.pidfd));
  running->log_from = log_from;
  watch(*running);
  running_[with.id] = std::move(running);
  identity.is_own_child = false;  // the copy outlives the child
  return identity;
}

void ProcessRunner::reap_cut_short() {
  std::erase_if(unreaped_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

bool ProcessRunner::adopt(const ProcessIdentity& identity) {
  Descriptor pidfd = open_leader(tree_, identity);
  if (!pidfd) return false;
  auto running = std::make_unique<Running>(owner_, tree_, identity, std::move(pidfd));
  watch(*running);
  running_[identity.id] = std::move(running);
  return true;
}

void ProcessRunner::watch(Running& running) {
  const WorkerId id = running.group.identity().id;
  running.end.async_wait(
      asio::posix::stream_descriptor::wait_read,
      [this, id, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) ended(id);
      });
}

void ProcessRunner::ended(const WorkerId& id) {
  Running* running = find(id);
  if (running == nullptr || running->has_ended) return;
  running->has_ended = true;
  wire::Exit exit;
  siginfo_t status{};
  const auto pidfd = static_cast<id_t>(running->end.native_handle());
  const bool known =
      running->group.identity().is_own_child &&
      waitid(static_cast<idtype_t>(P_PIDFD), pidfd, &status, WEXITED | WNOHANG | WNOWAIT) == 0;
  if (known && status.si_pid != 0) {
    (status.si_code == CLD_EXITED ? exit.code : exit.signal) = status.si_status;
  }
  on_end_(id, exit, last_lines(log_path(id), running->log_from));
}

int ProcessRunner::kill_leftovers(const ProcessIdentity& identity) const {
  return ProcessGroup(tree_, identity).kill_all();
}

void ProcessRunner::signal(const WorkerId& id, int number) {
  if (const Running* running = find(id)) running->group.signal(number);
}

void ProcessRunner::kill_group(const WorkerId& id) {
  Running* running = find(id);
  if (running == nullptr) return;
  running->group.kill_all();
  if (!running->has_ended) return;
  if (running->group.identity().is_own_child) {
    siginfo_t status{};
    waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(running->end.native_handle()), &status,
           WEXITED | WNOHANG);
  }
  running_.erase(id);
}

void ProcessRunner::forget(const WorkerId& id) {
  const Running* running = find(id);
  CHECK(running == nullptr || running->has_ended, "a running worker is never forgotten");
  running_.erase(id);
  if (!is_plain(id)) return;  // it never had a process, and its path may lead anywhere
  const std::string path = log_path(id);
  unlink(path.c_str());
  unlink((path + ".1").c_str());
}

std::vector<std::int64_t> ProcessRunner::members(const WorkerId& id) const {
  const Running* running = find(id);
  return running == nullptr ? std::vector<std::int64_t>{} : running->group.members();
}

void ProcessRunner::bound_logs() {
  reap_cut_short();
  for (const auto& [id, running] : running_) {
    if (rotate_log(log_path(id))) running->log_from = 0;
  }
}

std::string ProcessRunner::log_path(const WorkerId& id) const {
  return settings_.log_dir + "/" + id.text + ".log";
}

std::string ProcessRunner::draw_mark() {
  std::array<unsigned char, 16> bits{};
  CHECK(getrandom(bits.data(), bits.size(), 0) == static_cast<ssize_t>(bits.size()),
        "the kernel gives sixteen random bytes whole");
  std::string text;
  for (const unsigned char byte : bits) {
    constexpr const char* kHex = "0123456789abcdef";
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

}  // namespace foretide::agent
