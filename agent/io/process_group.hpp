// Knowing a worker's processes for certain, and signalling no other.
//
// A pid says nothing by itself: it is reused, after a reboot by anybody. A worker is a process
// whose boot, pid, start time and worker id all match; the id is witnessed by the environment that
// it was started with (its id and a random mark of this very start), or, for a program that writes
// its title over its environment, by its output going to that id's log. What it forked is known by
// the same mark, or by the worker's session while the worker itself pins its pid. What does not
// match is foreign and is never signalled. Once proven, the proof is kept as a pidfd: as long as
// that has not fired, the pid is the worker's, whatever the program does to its title or its
// output.
//
// Single processes are signalled through a pidfd that was opened before the last look at who it is;
// the process group by its number, but only while its leader has just been seen to be ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/io/proc_tree.hpp"
#include "common/ids.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::agent {

struct ProcessIdentity {
  WorkerId id;
  std::string boot_id;
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string mark;
  std::string log{};          // where its output goes
  bool is_own_child = false;  // of this very process, and not reaped
};

class ProcessGroup {
 public:
  // `leader` is a pidfd that was opened while the identity was proven (or -1: it is proven anew
  // each time); its owner outlives this.
  ProcessGroup(const ProcTree& tree, ProcessIdentity identity, int leader = -1)
      : tree_(&tree), identity_(std::move(identity)), leader_(leader) {}

  const ProcessIdentity& identity() const { return identity_; }
  // Its leader is there and alive, as far as everything that is known about it tells.
  bool leader_is_ours() const;
  // The pid still belongs to the leader, alive or a zombie.
  bool leader_pins_pid() const;
  // Every live process of the worker, the leader too.
  std::vector<std::int64_t> members() const;

  // To the group while its leader is ours; whether anything was sent.
  bool signal(int number) const;
  // SIGKILL to every member, again and again until no new one is found (a fork may race), a few
  // rounds at most. How many were killed.
  int kill_all() const;

 private:
  bool is_member(std::int64_t pid, bool by_session) const;

  const ProcTree* tree_;
  ProcessIdentity identity_;
  int leader_ = -1;
};

// Opened while the process is the one that `identity` tells; empty when it is not.
Descriptor open_leader(const ProcTree& tree, const ProcessIdentity& identity);

// Searches all processes for the leader of a start whose pid was never written down, by its mark.
// Fills in pid and start time; false: there is none.
bool find_leader(const ProcTree& tree, ProcessIdentity& identity);

}  // namespace foretide::agent
