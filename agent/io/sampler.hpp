// The once-a-second sample of this host and its workers: what /proc says now against what it said
// the second before. A worker's process that is another than its life tells is left out. One owner,
// one thread.
#pragma once

#include <map>
#include <optional>

#include "agent/core/sample.hpp"
#include "agent/core/worker_life.hpp"
#include "agent/io/proc_reader.hpp"
#include "common/ids.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

class Sampler {
 public:
  wire::NodeSample sample(const std::map<WorkerId, WorkerLife>& workers, Instant now);
  std::optional<Memory> memory() { return reader_.host().memory; }

 private:
  ProcReader reader_;
  std::optional<HostReading> host_before_;
  std::map<WorkerId, WorkerReading> workers_before_;
};

}  // namespace foretide::agent
