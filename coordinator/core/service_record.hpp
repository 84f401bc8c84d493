// Everything that the coordinator knows about one service: what the user asked for, its workers,
// its history of demand, what was decided and why, and the table that balancers were last given.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/settings/cluster.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/feedback.hpp"
#include "coordinator/core/lead_time.hpp"
#include "coordinator/core/learned_capacity.hpp"
#include "coordinator/core/moment_log.hpp"
#include "coordinator/core/pause.hpp"
#include "coordinator/core/prediction.hpp"
#include "coordinator/core/recent_load.hpp"
#include "coordinator/core/service_standing.hpp"
#include "coordinator/core/service_time.hpp"
#include "coordinator/core/signal_evidence.hpp"
#include "coordinator/core/spawn_breaker.hpp"
#include "coordinator/core/worker_record.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kDecisionsKept = 200;
inline constexpr std::size_t kFarewellsKept = 256;

// One balancer's counters for this service, as last heard in its present session.
struct TrafficTrace {
  std::string session;
  std::uint64_t at_ms = 0;  // the sender's clock
  Instant heard_at{};
  wire::ServiceTraffic counts;
};

// Sums over all balancers since this coordinator began, plus what they had counted before.
struct TrafficTotals {
  std::uint64_t arrivals = 0, completed = 0, failed = 0, refused = 0, held = 0;
};

// An endpoint that balancers still have to forget, after its worker is forgotten here.
struct Farewell {
  WorkerId id;
  Address address;
  Stamp gone_stamp;  // epoch 0: not published yet
};

struct ManualCount {
  std::uint32_t count = 0;
  std::optional<Instant> until;  // absent: for good
};

// What came of a POST /scale: a floor until the time that was asked about has passed.
struct AskedFloor {
  std::uint32_t workers = 0;
  Instant until{};
  std::string reason;
};

struct NodeRefusal {
  ReleaseId release;
  Instant until{};
  std::string reason;
};

struct ServiceRecord : ServiceStanding {
  ReleaseId release;
  std::map<ReleaseId, WorkerSpec> specs;  // of every release that a worker of it may still run
  std::map<WorkerId, WorkerRecord> workers;
  std::map<NodeId, NodeRefusal> refusals;
  SpawnBreaker breaker;  // of the present release

  wire::ServiceTable table;  // as last published; epoch 0: not in this life
  std::vector<Farewell> farewells;

  std::map<BalancerId, TrafficTrace> traffic;
  TrafficTotals totals;
  DemandSeries series;
  RecentLoad recent;
  ServiceTime service_time;
  SignalEvidence signals;
  LearnedCapacity capacity;
  StartTimes start_times;
  Prediction prediction;
  Feedback feedback;

  std::deque<Decision> decisions;  // newest last
  MomentLog moments;               // what they were made of
  std::optional<ManualCount> manual;
  std::optional<Pause> paused;
  std::optional<AskedFloor> asked;
  std::optional<Instant>
      last_request;        // when a request was last seen arriving, waiting or in service
  std::string limit_told;  // the limit that was last recorded without a change
  std::optional<Instant> limit_told_at;
  std::optional<Foresight> foresight;  // the last; none while too little is known
  std::optional<Instant> no_place_at;  // when a place was last looked for in vain
  bool lacks_room = false;             // then because the nodes are too full
  std::string told_no_place;           // last told reason why a worker found no node

  bool is_static() const { return settings && !settings->upstreams.empty(); }
  std::uint32_t held() const;  // over all balancers, as last heard
  std::uint32_t in_flight() const;
};

}  // namespace foretide::coordinator
