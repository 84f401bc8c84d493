// What the admin API, the metrics and the terminal show of the state: plain values, read-only,
// computed when asked for. Load and capacity are in requests in flight. An absent number is not
// known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/feedback_view.hpp"
#include "coordinator/core/forecast.hpp"
#include "coordinator/core/signal_reading.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/stopped_starts.hpp"

namespace foretide::coordinator {

struct WorkerView {
  WorkerId id;
  ServiceId service;
  NodeId node;
  ReleaseId release;
  std::string address;  // "host:port", empty while not known
  // starting, ready, backing-off, refused, draining, stopping, ended, lost (its node is silent)
  std::string state;
  std::uint32_t in_flight = 0;
  std::uint64_t completed_total = 0, failed_total = 0;
  std::int64_t pid = 0;
  std::optional<double> start_seconds;  // exec to ready
  std::uint32_t failures = 0;           // in a row
  std::string reason;                   // when something is wrong, or why it drains
  std::vector<std::string> last_output;
  std::optional<double> cpu_cores;
  std::optional<std::uint64_t> resident_bytes;
};

struct ManualView {
  std::uint32_t count = 0;
  std::optional<double> expires_in_seconds;
};

struct PauseView {
  PauseDirection direction = PauseDirection::kBoth;
  std::optional<double> expires_in_seconds;
};

// What was learned of workers that may use so many CPUs.
struct CapacityKindView {
  double cpus = 0.0;
  std::optional<double> learned;         // of which workers are well used; absent: not sure enough
  std::optional<double> knee;            // from which on requests only wait for one another
  std::optional<double> at_least;        // what was served well, where no knee was seen
  std::optional<double> standard_error;  // of the knee
  std::string confidence, by;            // `by` empty: no knee
};

struct CapacityView {
  bool given = false;  // by the cluster file, and in use as given
  std::string text;
  std::vector<CapacityKindView> kinds;  // of the present release
};

struct ServiceView {
  ServiceId id;
  bool removed = false;    // no longer in the cluster file; its last workers are being retired
  bool upstreams = false;  // static endpoints, no workers of ours
  std::uint32_t min = 0, max = 0;
  std::uint32_t desired = 0, ready = 0, starting = 0, draining = 0, failing = 0;
  std::optional<double> demand, forecast;
  std::string forecaster;  // which one spoke, empty when none
  std::string prediction;  // why prediction is on, off or learning
  double lead_time_seconds = 0.0;
  std::optional<double> service_time_seconds;
  double capacity_per_worker = 0.0;
  std::optional<CapacityView> capacity;  // of workers; absent for upstreams
  ReleaseId release;
  std::uint64_t arrivals_total = 0, completed_total = 0, failed_total = 0, refused_total = 0,
                held_total = 0;
  std::uint32_t held = 0, in_flight = 0;
  std::optional<Decision> last_decision;  // the last that changed the count
  std::optional<ManualView> manual;
  std::optional<PauseView> pause;
  std::vector<SignalReading> signals;
  std::string no_place;  // why no node can take a worker that is missing
  std::optional<StoppedStarts> stopped_starts;
  bool reported = false;  // some balancer has counted; until then the totals are not known
  FeedbackView feedback;
  std::vector<WorkerView> workers;
};

struct NodeView {
  NodeId id;
  std::string address, version;
  std::string state;  // live, joining (its report is awaited), suspect, lost
  bool draining = false;
  double cpus = 0.0;
  std::uint64_t memory_bytes = 0;
  std::optional<wire::HostSample> sample;
  std::uint32_t workers = 0;
  std::uint64_t parse_errors = 0;
  double heard_seconds_ago = 0.0;
  std::vector<WorkerId> missing;  // run there although no set names them
};

struct BalancerView {
  BalancerId id;
  std::string state;  // live, silent
  std::string address, version;
  std::vector<std::string> traffic;  // where it listens
  double heard_seconds_ago = 0.0;
};

std::vector<ServiceView> service_views(const State& state, Instant now);
std::optional<ServiceView> service_view(const State& state, const ServiceId& id, Instant now);
std::vector<WorkerView> worker_views(const State& state, Instant now);
std::vector<NodeView> node_views(const State& state, Instant now);
std::vector<BalancerView> balancer_views(const State& state, Instant now);

// The forecast of a service's load so far ahead; nothing when too little of its demand is known.
// Ask it before the ForecastAsked event of the same moment: both then say the same.
std::optional<Forecast> forecast_ahead(const State& state, const ServiceId& id, Duration ahead,
                                       Instant now);

}  // namespace foretide::coordinator
