// What a worker runs, as the cluster file says it and as it travels to the agent. A release is the
// set of fields up to and including `needs`: change one and the release changes, which replaces the
// workers. `env` values may hold references (`${file:…}`, `${env:…}`); they are resolved by the
// agent at exec and never before, so that no store, wire or API ever holds a secret. `{host}` and
// `{port}` in argv and env are filled in by the agent.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/worker_metric.hpp"

namespace foretide {

struct Needs {
  double cpus = 0.0;               // cores set aside on the node; 0: none asked for
  std::uint64_t memory_bytes = 0;  // likewise
  friend bool operator==(const Needs&, const Needs&) = default;
};

// How a worker shows that it can take requests. The listening socket is always looked for first.
struct ProbeSpec {
  enum class Kind { kTcp, kHttp };
  Kind kind = Kind::kTcp;
  std::string path = "/";                     // kHttp: answers 200 to 399 count as ready
  std::chrono::milliseconds timeout{60'000};  // from exec until ready; then the start has failed
  friend bool operator==(const ProbeSpec&, const ProbeSpec&) = default;
};

struct StopSpec {
  std::chrono::milliseconds drain{30'000};  // longest wait for its requests to end
  int signal = 15;
  std::chrono::milliseconds grace{10'000};  // from the signal to the kill of the process group
  friend bool operator==(const StopSpec&, const StopSpec&) = default;
};

struct WorkerSpec {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  std::string workdir;  // empty: the agent's own
  std::string user;     // empty: nobody when the agent is root, else the agent's own user
  Needs needs;
  ProbeSpec start;
  StopSpec stop;
  std::vector<WorkerMetric> metrics;  // that its agent asks it for
  friend bool operator==(const WorkerSpec&, const WorkerSpec&) = default;
};

}  // namespace foretide
