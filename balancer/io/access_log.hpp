// The access log: one thread that takes the traffic threads' records from their rings, makes lines
// of them and appends them to a file, twenty times a second.
//
// Nothing that a disk does is felt by a request: a record that finds its ring full is dropped and
// counted (AccessRing). A pipe or a terminal that nobody reads is waited for, while the rings fill;
// at the end of the program for a second, then what is left is dropped, counted and said. A file
// that cannot be written costs the lines of that moment, said in the log at most every ten seconds,
// and is opened anew at the next. `reopen` is for log rotation: move the file away, then say so
// (SIGUSR1).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "balancer/io/access_ring.hpp"
#include "common/result.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

class AccessLog {
 public:
  struct Settings {
    AccessFormat format = AccessFormat::kOff;
    std::string file;  // "-": standard output
    std::uint32_t threads = 1;
  };

  // Nothing when the format is off. An Error names a file that cannot be opened.
  static Result<std::unique_ptr<AccessLog>> open(Settings settings);
  // Writes what is there still, as far as it is taken within kLastWait.
  ~AccessLog();

  AccessRing& ring(std::uint32_t thread) { return *rings_[thread]; }
  void reopen() { reopen_.store(true, std::memory_order_relaxed); }
  std::uint64_t dropped() const;

  static constexpr std::chrono::seconds kLastWait{1};

 private:
  explicit AccessLog(Settings settings);
  Outcome open_file();
  void note_kind();
  void run();
  void write_some();
  void write_lines();
  bool await_room() const;
  void lose(std::string_view lines);
  void complain(const std::string& what);

  Settings settings_;
  int fd_ = -1;
  bool always_takes_ = false;  // a file on a disk: no reader has to be waited for
  std::vector<std::unique_ptr<AccessRing>> rings_;
  std::string lines_, texts_;
  bool more_ = false;  // a ring may hold more than was taken
  Instant complained_{};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> reopen_{false}, ending_{false};
  Instant give_up_at_{};  // once it is ending
  std::thread thread_;
};

}  // namespace foretide::balancer
