// Starting a process that outlives the agent: fork, and in the child everything up to exec.
//
// The child gets a session and process group of its own, default signals, /dev/null for input and a
// file (never a pipe, whose reader could end) for its output, no core dumps, no new privileges, no
// other descriptor of the agent's, and, where asked for, another user with that user's groups. Only
// async-signal-safe calls are made between fork and exec. What fails there comes back through a
// pipe that a successful exec closes, so `spawn` returns when the outcome is known. A child that
// cannot enter its folder or read its program in time (a network file system whose server is gone)
// is killed and is a failed start: the agent has one thread and other workers.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "agent/io/launch.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::agent {

struct Child {
  pid_t pid = 0;
  Descriptor pidfd;  // opened before anybody could reap it, so it is certainly this process
};

struct SpawnProblem {
  std::string reason;  // a sentence, with the path and the user that it is about
  bool hopeless =
      false;  // the same start would fail the same way: command not found, no permission, …
  pid_t unreaped = 0;  // the child, killed and not gone yet: the kernel holds it
};

inline constexpr std::chrono::milliseconds kExecTimeMax{2'000};

// `output` is duplicated to the child's standard output and error.
std::variant<Child, SpawnProblem> spawn(const Launch& launch, int output,
                                        std::chrono::milliseconds exec_time_max = kExecTimeMax);

}  // namespace foretide::agent
