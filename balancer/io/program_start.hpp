// Starts a program with descriptors handed over by the protocol of sd_listen_fds(3): they are 3, 4
// and so on there, whatever they are here, and LISTEN_PID and LISTEN_FDS say so. Nothing else is
// left open but standard input, output and error, which are ours.
//
// Lives between fork and exec, where only async-signal-safe calls are allowed: whatever needs
// memory is made before.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.hpp"

namespace foretide::balancer {

struct ProgramStart {
  std::vector<std::string> argv;         // argv[0] is a path, or is looked for in PATH
  std::vector<int> sockets;              // listening ones, from descriptor 3 on
  std::vector<int> others;               // descriptors after them, which LISTEN_FDS does not count
  std::vector<std::string> environment;  // "NAME=value", beside our own
};

// The new process. That it cannot be executed shows in its end, with status 127.
Result<pid_t> start_program(const ProgramStart& start);

}  // namespace foretide::balancer
