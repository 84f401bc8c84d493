// Who the coordinator talks to in the stories of core_world.hpp: an agent and a balancer as a story
// sets them, with what they were told and what they did. World moves them.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/metrics/duration_counts.hpp"
#include "common/settings/cluster.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::coordinator::story {

using namespace std::chrono_literals;

inline ServiceSettings service_named(const std::string& name) {
  ServiceSettings service;
  service.id = {name};
  service.worker.argv = {"./" + name, "--port", "{port}"};
  service.capacity_soft = 8.0;
  service.scale.min = 1;
  service.scale.max = 10;
  service.scale.window = 10s;
  service.scale.idle = 20s;
  return service;
}

inline std::uint64_t milliseconds_in(Duration duration) {
  return static_cast<std::uint64_t>(std::max<Duration>(duration, 0s) / 1ms);
}

// One that may sleep.
inline ServiceSettings sleepy() {
  ServiceSettings service = service_named("web");
  service.scale.min = 0;
  return service;
}

// When a peer should say Hello again: nobody welcomed this session yet, or a Welcome told a new
// epoch.
struct Acquaintance {
  std::string welcomed;  // the session
  std::uint64_t epoch = 0;
  Instant hello_at{};

  bool is_due(const std::string& session, Instant now) const {
    return welcomed != session && now - hello_at >= 1s;
  }
  void take(const std::string& session, std::uint64_t told) {
    welcomed = told > epoch && epoch != 0 ? "" : session;
    epoch = std::max(epoch, told);
  }
};

struct Agent {
  Acquaintance acquaintance;
  std::string session = "a1";
  bool silent = false;
  Duration start_time = 500ms;
  wire::Hello hello{.role = wire::Role::kAgent, .cpus = 4.0, .memory_bytes = 8ull << 30};
  Stamp applied;
  std::map<WorkerId, wire::WorkerReport> workers;
  std::map<WorkerId, Instant> ready_at;
  std::vector<WorkerId> ended_ever;  // by order of a set
  bool fails = false;                // starts fail and back off
  std::optional<Duration> retries;   // so long after a failed start comes the next
  bool hangs = false;                // starts neither fail nor succeed
  bool refuses = false;              // cannot start anything
  std::optional<double> cpu_cores;   // that its ready workers use together; absent: no samples
  std::uint64_t resident_bytes = 1u << 30;  // of each worker
  std::map<std::string, double> metrics;    // that its ready workers tell together
  std::uint16_t next_port = 20000;
  bool changed = false;
  Instant reported_at{};
};

struct Balancer {
  Acquaintance acquaintance;
  std::string session = "b1";
  bool silent = false;
  bool acks = true;
  std::map<ServiceId, wire::ServiceTable> tables;
  wire::MatchTable match;
  std::map<ServiceId, wire::ServiceTraffic> traffic;
  std::map<ServiceId, double> rate;          // arrivals a second
  std::map<ServiceId, double> owed;          // fractions of requests
  std::map<WorkerId, std::uint32_t> pinned;  // requests that do not end by themselves
  double service_seconds = 0.1;
  std::optional<Duration> answer_time;  // what is counted of each request; absent: it counts none
  std::map<ServiceId, DurationCounts> durations;
  Instant reported_at{};
  std::uint64_t reports = 0;
};

}  // namespace foretide::coordinator::story
