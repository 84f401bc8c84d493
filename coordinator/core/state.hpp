// Everything that the coordinator knows, as one value. `step` is the only thing that changes it;
// the admin API reads it through `views.hpp`. It holds no handle to the outside, so it can be
// copied, replayed and compared.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "common/ids.hpp"
#include "common/settings/cluster.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/balancer_record.hpp"
#include "coordinator/core/node_record.hpp"
#include "coordinator/core/notice.hpp"
#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kNoticesKept = 100;

// One node's last set, as the store holds it.
struct PersistedNode {
  NodeId node;
  wire::DesiredSet set;
};

struct State {
  bool started = false;
  Instant started_at{};
  Instant last_event_at{};
  std::uint64_t epoch = 0;
  std::uint64_t revision = 0;
  bool store_was_behind =
      false;        // somebody knew an epoch that our store did not: it may be a lost one
  std::string tag;  // of this life, in the names of its workers; usually empty
  std::uint64_t workers_made = 0;  // the last number given to a worker in this life

  ClusterSettings settings;
  std::map<NodeId, NodeRecord> nodes;
  std::map<BalancerId, BalancerRecord> balancers;
  std::map<ServiceId, ServiceRecord> services;
  std::unordered_map<WorkerId, ServiceId> service_of;  // every worker that is known
  wire::MatchTable match;                              // as last published
  std::deque<Notice> notices;                          // newest last
  ServiceId listens_first, grows_first;                // in the next round of predictions

  WorkerRecord* find_worker(const WorkerId& id);
  const WorkerRecord* find_worker(const WorkerId& id) const;
  Duration age(Instant now) const { return now - started_at; }
};

}  // namespace foretide::coordinator
