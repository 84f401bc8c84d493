// From two readings of the same counters to what happened in between: cores in use, share of time
// busy. What could not be read stays missing, and so does a rate whose counter went backwards or
// belongs to another process under the same pid; nothing is ever made up as zero. The first reading
// alone gives no rates.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/proc/diskstats.hpp"
#include "agent/proc/meminfo.hpp"
#include "agent/proc/net_dev.hpp"
#include "agent/proc/pid_io.hpp"
#include "agent/proc/stat.hpp"
#include "common/ids.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

struct HostReading {
  std::optional<CpuTimes> cpu;
  std::optional<double> load_1m;
  std::optional<Memory> memory;
  std::optional<NetworkBytes> network;
  std::optional<DiskBytes> disks;
  std::optional<double> cpu_pressure, memory_pressure, io_pressure;
};

struct WorkerReading {
  Instant at{};
  std::uint64_t ticks_per_second = 100;
  std::optional<std::uint64_t> start_ticks, cpu_ticks;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<PidIo> io;
  std::optional<std::uint32_t> threads, open_files;
};

wire::HostSample host_sample_for(const std::optional<HostReading>& before, const HostReading& now);
wire::WorkerSample worker_sample_for(const WorkerId& id, const std::optional<WorkerReading>& before,
                                     const WorkerReading& now);

}  // namespace foretide::agent
