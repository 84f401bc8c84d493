#include "agent/io/process_group.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "agent/io/launch.hpp"

namespace foretide::agent {
namespace {

constexpr int kRoundsMax = 5;

Descriptor open_pidfd(std::int64_t pid) {
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
}

// Neither the environment nor the log of a process can be borrowed by another by chance.
bool writes_to(const ProcTree& tree, std::int64_t pid, const std::string& log) {
  return !log.empty() && tree.output_of(pid) == log;
}

bool has_marks(const ProcTree& tree, std::int64_t pid, const ProcessIdentity& identity) {
  if (identity.mark.empty()) return false;
  const auto mark = tree.has_environment(pid, std::string(kMarkVariable) + "=" + identity.mark);
  if (mark != true) return false;
  return tree.has_environment(pid, std::string(kIdVariable) + "=" + identity.id.text) == true;
}

// The process has ended; it may be a zombie still.
bool has_fired(int pidfd) {
  pollfd wait{pidfd, POLLIN, 0};
  return poll(&wait, 1, 0) != 0;
}

bool is_this_boot(const ProcTree& tree, const ProcessIdentity& identity) {
  const Result<std::string> boot_id = tree.boot_id();
  return boot_id && *boot_id == identity.boot_id;
}

}  // namespace

bool ProcessGroup::leader_pins_pid() const {
  if (identity_.is_own_child || (leader_ >= 0 && !has_fired(leader_))) return true;
  if (identity_.pid <= 1 || !is_this_boot(*tree_, identity_)) return false;
  const Result<PidStat> stat = tree_->stat(identity_.pid);
  return stat && stat->start_ticks == identity_.start_ticks;
}

bool ProcessGroup::leader_is_ours() const {
  if (leader_ >= 0) return !has_fired(leader_);
  if (!leader_pins_pid()) return false;
  const Result<PidStat> stat = tree_->stat(identity_.pid);
  if (!stat || !stat->is_alive()) return false;
  return has_marks(*tree_, identity_.pid, identity_) ||
         writes_to(*tree_, identity_.pid, identity_.log);
}

// While the leader has its pid, no other session can have that number; afterwards only the mark
// tells.
bool ProcessGroup::is_member(std::int64_t pid, bool by_session) const {
  const Result<PidStat> stat = tree_->stat(pid);
  if (!stat || !stat->is_alive()) return false;
  if (by_session && stat->session == identity_.pid) return true;
  if (stat->start_ticks < identity_.start_ticks) return false;  // spares a look at most processes
  return has_marks(*tree_, pid, identity_);
}

std::vector<std::int64_t> ProcessGroup::members() const {
  std::vector<std::int64_t> members = tree_->pids();
  if (!is_this_boot(*tree_, identity_)) return {};
  const bool by_session = leader_pins_pid();
  std::erase_if(members, [&](std::int64_t pid) {
    return pid == getpid() || pid <= 1 || !is_member(pid, by_session);
  });
  return members;
}

bool ProcessGroup::signal(int number) const {
  // A pidfd opened here, before the look, stands in for one that was kept.
  const Descriptor looked_at = leader_ < 0 ? open_leader(*tree_, identity_) : Descriptor();
  if (leader_ < 0 ? !looked_at : !leader_is_ours()) return false;
  return kill(-static_cast<pid_t>(identity_.pid), number) == 0;
}

int ProcessGroup::kill_all() const {
  signal(SIGKILL);
  std::vector<std::int64_t> killed;
  for (int round = 0; round < kRoundsMax; ++round) {
    bool found_new = false;
    for (const std::int64_t pid : members()) {
      const Descriptor process = open_pidfd(pid);
      // Looked at again behind the pidfd: from here on the descriptor cannot mean anybody else.
      if (!process || !is_member(pid, leader_pins_pid())) continue;
      syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
      if (std::find(killed.begin(), killed.end(), pid) == killed.end()) {
        killed.push_back(pid);
        found_new = true;
      }
    }
    if (!found_new) break;
  }
  return static_cast<int>(killed.size());
}

Descriptor open_leader(const ProcTree& tree, const ProcessIdentity& identity) {
  if (identity.pid <= 1) return {};
  Descriptor process = open_pidfd(identity.pid);
  if (!process || !ProcessGroup(tree, identity).leader_is_ours()) return {};
  return process;
}

bool find_leader(const ProcTree& tree, ProcessIdentity& identity) {
  if (!is_this_boot(tree, identity)) return false;
  for (const std::int64_t pid : tree.pids()) {
    const Result<PidStat> stat = tree.stat(pid);
    const bool leads = stat && stat->is_alive() && stat->session == pid && stat->group == pid;
    if (!leads || !has_marks(tree, pid, identity)) continue;
    identity.pid = pid;
    identity.start_ticks = stat->start_ticks;
    return true;
  }
  return false;
}

}  // namespace foretide::agent
