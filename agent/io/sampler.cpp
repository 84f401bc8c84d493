#include "agent/io/sampler.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace foretide::agent {

wire::NodeSample Sampler::sample(const std::map<WorkerId, WorkerLife>& workers, Instant now) {
  wire::NodeSample sample;
  const HostReading host = reader_.host();
  sample.host = host_sample_for(host_before_, host);
  host_before_ = host;
  std::map<WorkerId, WorkerReading> readings;
  std::vector<std::int64_t> pids;
  for (const auto& [id, life] : workers) {
    if (life.pid == 0) continue;
    pids.push_back(life.pid);
    const WorkerReading reading = reader_.worker(life.pid, now);
    if (reading.start_ticks != life.start_ticks) continue;
    const auto before = workers_before_.find(id);
    sample.workers.push_back(worker_sample_for(
        id, before == workers_before_.end() ? std::nullopt : std::optional(before->second),
        reading));
    readings.emplace(id, reading);
  }
  workers_before_ = std::move(readings);
  reader_.keep_only(pids);
  sample.parse_errors = reader_.parse_errors();
  return sample;
}

}  // namespace foretide::agent
