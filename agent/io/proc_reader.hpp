// The once-a-second reading of the host and of every worker.
//
// Files stay open and are read again from their start, which halves the cost and pins each worker's
// files to its own process: after its end they answer ESRCH, whoever has its pid by then. A file
// that this kernel does not have (pressure without PSI) or does not show us (another user's io) is
// simply missing; one that is malformed, or vanishes between two looks, is missing and counted.
// Nothing here ever throws or stops. One owner, one thread; four descriptors per worker.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/sample.hpp"
#include "common/io/descriptor.hpp"
#include "common/time.hpp"

namespace foretide::agent {

class ProcReader {
 public:
  explicit ProcReader(std::string root = "/proc");

  HostReading host();
  // Opens the process's files at the first call. `start_ticks` tells whether they are its own.
  WorkerReading worker(std::int64_t pid, Instant now);
  // Closes the files of all other processes.
  void keep_only(const std::vector<std::int64_t>& pids);

  std::uint64_t parse_errors() const { return parse_errors_; }

 private:
  enum Host : std::size_t {
    kStat,
    kMeminfo,
    kLoadavg,
    kNetDev,
    kDiskstats,
    kPressureCpu,
    kPressureMemory,
    kPressureIo,
    kHostFiles
  };
  struct HostFile {
    Descriptor file;
    bool absent = false;
  };
  struct WorkerFiles {
    Descriptor stat, statm, io, fds;
  };

  std::string_view bytes_of(int file);
  std::optional<std::string_view> bytes_of(Host which);
  std::optional<std::uint32_t> count_entries(int directory);
  WorkerFiles open_files_of(std::int64_t pid);
  template <class Value>
  std::optional<Value> counted(Result<Value> parsed);

  std::string root_;
  std::uint64_t page_bytes_;
  std::uint64_t ticks_per_second_;
  std::array<HostFile, kHostFiles> host_files_;
  std::map<std::int64_t, WorkerFiles> workers_;
  std::vector<char> buffer_;
  std::uint64_t parse_errors_ = 0;
};

}  // namespace foretide::agent
