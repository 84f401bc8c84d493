#include "agent/core/sample.hpp"

#include <algorithm>

namespace foretide::agent {
namespace {

// usage = busy ticks / all ticks of the interval. Idle counters of single cores may step back by a
// tick or two, so the quotient is held within its bounds.
std::optional<double> usage_between(const CpuTimes& before, const CpuTimes& now) {
  if (now.total_ticks <= before.total_ticks || now.busy_ticks < before.busy_ticks)
    return std::nullopt;
  const double busy = static_cast<double>(now.busy_ticks - before.busy_ticks);
  const double total = static_cast<double>(now.total_ticks - before.total_ticks);
  return std::min(busy / total, 1.0);
}

// cores = ticks used / (ticks a second x seconds passed)
std::optional<double> cores_between(const WorkerReading& before, const WorkerReading& now) {
  const bool known = before.cpu_ticks && now.cpu_ticks && before.start_ticks && now.start_ticks;
  if (!known || *before.start_ticks != *now.start_ticks || *now.cpu_ticks < *before.cpu_ticks ||
      now.at <= before.at) {
    return std::nullopt;
  }
  const double ticks = static_cast<double>(*now.cpu_ticks - *before.cpu_ticks);
  return ticks / (static_cast<double>(now.ticks_per_second) * seconds_in(now.at - before.at));
}

}  // namespace

wire::HostSample host_sample_for(const std::optional<HostReading>& before, const HostReading& now) {
  wire::HostSample sample;
  if (before && before->cpu && now.cpu) sample.cpu_usage = usage_between(*before->cpu, *now.cpu);
  sample.load_1m = now.load_1m;
  if (now.memory) {
    sample.memory_bytes = now.memory->total_bytes;
    sample.memory_available_bytes = now.memory->available_bytes;
  }
  if (now.network) {
    sample.net_received_bytes = now.network->received;
    sample.net_sent_bytes = now.network->sent;
  }
  if (now.disks) {
    sample.disk_read_bytes = now.disks->read;
    sample.disk_written_bytes = now.disks->written;
  }
  sample.cpu_pressure = now.cpu_pressure;
  sample.memory_pressure = now.memory_pressure;
  sample.io_pressure = now.io_pressure;
  return sample;
}

wire::WorkerSample worker_sample_for(const WorkerId& id, const std::optional<WorkerReading>& before,
                                     const WorkerReading& now) {
  wire::WorkerSample sample;
  sample.id = id;
  if (before) sample.cpu_cores = cores_between(*before, now);
  sample.resident_bytes = now.resident_bytes;
  if (now.io) {
    sample.read_bytes = now.io->read_bytes;
    sample.written_bytes = now.io->written_bytes;
  }
  sample.threads = now.threads;
  sample.open_files = now.open_files;
  return sample;
}

}  // namespace foretide::agent
