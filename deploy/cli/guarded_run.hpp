// Runs something that starts whole clusters of processes, and sees to it that nothing of it is
// left, in whatever way it ends.
//
// Two processes watch over each other. The one that the user started only waits; its child does the
// work, in a temporary directory. When the worker ends (or is killed), the waiter ends every
// process that is left below it and removes the directory. When the waiter is killed, the kernel
// sends the worker SIGTERM, which it takes for Ctrl-C. Both are the reapers of what is below them,
// so no orphan escapes to process 1.
#pragma once

#include <functional>
#include <string>

namespace foretide::cli {

// Where the temporary directory is, and whether somebody asked to end (Ctrl-C, Ctrl-\\, SIGTERM,
// SIGHUP).
class GuardedPlace {
 public:
  explicit GuardedPlace(std::string dir) : dir_(std::move(dir)) {}
  const std::string& dir() const { return dir_; }
  static bool end_asked();
  // A file outside the directory that goes with it.
  void also_remove(const std::string& file) const;

 private:
  std::string dir_;
};

// Returns what `body` returned, or kFailed. Call it before the program has any thread.
int run_guarded(const std::function<int(const GuardedPlace&)>& body);

}  // namespace foretide::cli
