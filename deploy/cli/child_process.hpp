// A program that we started and answer for: it has its own process group, its output goes to a
// file, and it is stopped by the pid that started it. Used by `foretide dev`, the quickstart's demo
// and the end-to-end tests.
//
// The child gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG), so that even a
// killed parent leaves nothing behind; start children from the main thread. The destructor kills
// and reaps what still runs. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace foretide {

struct ChildSettings {
  std::vector<std::string> argv;           // argv[0] is a path, or is looked for in PATH
  std::map<std::string, std::string> env;  // added to our own environment
  std::string output_file;                 // stdout and stderr, appended; empty: ours
  std::string workdir;                     // empty: ours
};

class ChildProcess {
 public:
  // An Error says what could not be executed and why.
  static Result<ChildProcess> start(const ChildSettings& settings);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);  // nothing when it has ended
  // Waits for its end; the status as a shell gives it (128 + signal), nothing when time is up.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  // SIGTERM, then SIGKILL after the grace. Returns the status.
  int stop(std::chrono::milliseconds grace);

 private:
  ChildProcess(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
  void release();

  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
};

// The last lines of a file, for messages about a program that ended.
std::string last_lines(const std::string& file, std::size_t count);

}  // namespace foretide
