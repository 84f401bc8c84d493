// The coordinator's brain: step(state, event) -> actions.
//
// Everything that the coordinator knows is in State, everything that happens comes as an Event with
// the time at which it happened, and everything that it does is in the actions. No clock, no
// socket, no thread, no randomness in here; live running, the deterministic simulation and replays
// call the same function. The order of the actions is the order in which they must be carried out:
// what has to be durable is persisted before it is sent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/settings/cluster.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/demand_past.hpp"
#include "coordinator/core/notice.hpp"
#include "coordinator/core/pause.hpp"
#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

// ---- what happens ----

// What a former life knew of a service's demand, of how long its workers take to start and of what
// one of them can serve.
struct ServicePast {
  DemandPast demand;
  std::vector<Duration> start_times;  // oldest first
  LearnedCapacity capacity;
};

// POST /v1/services/NAME/pause and resume: while paused, nothing but min, max and a count given by
// hand changes how many workers there are, or makes them fewer; zero: it does not expire.
struct PauseSet {
  ServiceId service;
  bool paused = false;
  PauseDirection direction = PauseDirection::kBoth;
  Duration expires_after{};
};

// A coordinator's life begins: what the store holds. `epoch` is the persisted one; the state's own
// becomes one more than the highest of it and what HELLOs carry (a later HELLO with a higher epoch
// raises it again, before anything more is sent).
struct Started {
  std::uint64_t epoch = 0;
  std::vector<PersistedNode> nodes;   // last desired set of every node, as it was persisted
  std::vector<BalancerId> balancers;  // whose keys are good: they may be serving what we can't see
  std::vector<Decision> decided;      // each service's last decision, as far as one is stored
  std::vector<PauseSet> paused;
  std::vector<NodeId> draining;
  std::map<ServiceId, ServicePast> pasts;
  // Goes into the names of workers made in the first life of a store. A store that replaces a lost
  // one counts its lives anew, and the workers of the lost one may still run.
  std::string tag;
  ClusterSettings cluster;
};
// A reload that was checked and is valid.
struct ClusterChanged {
  ClusterSettings cluster;
};
struct NodeHello {
  NodeId node;
  std::string session;
  wire::Hello hello;
  std::string peer_address;
};
struct NodeReported {
  NodeId node;
  std::string session;
  wire::NodeReport report;
};
struct NodeSampled {
  NodeId node;
  wire::NodeSample sample;
};
// Its key was revoked.
struct NodeRemoved {
  NodeId node;
};
struct BalancerRemoved {
  BalancerId balancer;
};
struct BalancerHello {
  BalancerId balancer;
  std::string session;
  wire::Hello hello;
};
struct TableAcked {
  BalancerId balancer;
  std::string session;
  wire::TableAck ack;
};
struct TrafficReported {
  BalancerId balancer;
  std::string session;
  wire::TrafficReport report;
};
// POST /v1/services/NAME/scale: hold this many, within min and max, until it expires; zero: it does
// not. No count takes the hold back.
struct ScaleSet {
  ServiceId service;
  std::optional<std::uint32_t> count;
  Duration expires_after;
};
// POST /v1/nodes/NAME/drain: gets no new worker, and those that it has are replaced elsewhere.
struct DrainSet {
  NodeId node;
  bool draining = false;
};
// POST /scale: predict so far ahead and let the decision that follows from it take effect.
struct ForecastAsked {
  ServiceId service;
  Duration ahead;
};
// A queue that a signal names was asked: how many items are in it, or why that is not known.
struct SignalHeard {
  ServiceId service;
  QueueDepth source;
  std::optional<double> items;
  std::string trouble;
};
struct Tick {};

struct Event {
  Instant now;
  WallTime wall;
  std::variant<Started, ClusterChanged, NodeHello, NodeReported, NodeSampled, NodeRemoved,
               BalancerHello, TableAcked, TrafficReported, BalancerRemoved, ScaleSet, PauseSet,
               DrainSet, ForecastAsked, SignalHeard, Tick>
      what;
};

// ---- what to do ----

struct PersistEpoch {
  std::uint64_t epoch;
};
// Before the SendSet that follows.
struct PersistSet {
  NodeId node;
  wire::DesiredSet set;
};
// The highest used in this epoch.
struct PersistRevision {
  std::uint64_t revision;
};
// Messages go to one session: a second program with the same key must never get the first one's
// orders.
struct SendWelcomeNode {
  NodeId node;
  wire::Welcome welcome;
  std::string session;
};
struct SendWelcomeBalancer {
  BalancerId balancer;
  wire::Welcome welcome;
  std::string session;
};
struct RefuseNode {
  NodeId node;
  std::string session;
  wire::Refusal refusal;
};
struct SendSet {
  NodeId node;
  wire::DesiredSet set;
  std::string session;
};
struct SendServiceTable {
  BalancerId balancer;
  wire::ServiceTable table;
  std::string session;
};
struct SendMatchTable {
  BalancerId balancer;
  wire::MatchTable table;
  std::string session;
};
// To the store and the event stream.
struct RecordDecision {
  Decision decision;
};

using Action =
    std::variant<PersistEpoch, PersistRevision, PersistSet, SendWelcomeNode, SendWelcomeBalancer,
                 RefuseNode, SendSet, SendServiceTable, SendMatchTable, RecordDecision, Notice>;

std::vector<Action> step(State& state, const Event& event);

}  // namespace foretide::coordinator
