// What /proc says about processes and sockets, asked when something must be decided (is this still
// the worker that was started? who listens on its port?) and not every second; see proc_reader.hpp
// for that.
//
// Reads below a root folder, so that tests can show it a recorded or an invented machine.
// Everything read is bounded, and everything may have vanished by the time it is looked at: that is
// an Error like any other. Holds no state but the root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/proc/pid_stat.hpp"
#include "agent/proc/tcp.hpp"
#include "common/result.hpp"

namespace foretide::agent {

class ProcTree {
 public:
  explicit ProcTree(std::string root = "/proc") : root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  Result<std::string> boot_id() const;
  std::vector<std::int64_t> pids() const;
  Result<PidStat> stat(std::int64_t pid) const;
  // The process's environment holds exactly this `NAME=value`. Nothing: it cannot be read.
  std::optional<bool> has_environment(std::int64_t pid, const std::string& entry) const;
  // The value of a variable of its environment. Nothing: not there, or cannot be read.
  std::optional<std::string> environment(std::int64_t pid, const std::string& name) const;
  // Listeners and established connections of a port, IPv4 and IPv6 together.
  Result<std::vector<TcpListener>> listeners(std::uint16_t port) const;
  Result<std::size_t> established(std::uint16_t port) const;
  // What its standard output is: a path, or "socket:[1]" and the like; empty when it cannot be
  // told.
  std::string output_of(std::int64_t pid) const;
  // The process has this socket open. Nothing: its descriptors cannot be read.
  std::optional<bool> has_socket(std::int64_t pid, std::uint64_t inode) const;

 private:
  std::string path_of(std::int64_t pid, const char* file) const;
  std::string root_;
};

// The whole file, or its beginning up to `bytes_max` cut after the last full line. Regular files
// only (those of /proc are): nothing else answers at once for certain.
Result<std::string> read_text(const std::string& path, std::size_t bytes_max);

}  // namespace foretide::agent
