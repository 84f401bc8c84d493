// What the coordinator knows about one worker: what it wants of it (the stage) and what was last
// heard of it (the node's report, the balancers' counts). The two are kept apart: a report never
// changes the stage but at the end, and the stage goes one way only, but for a drain that is called
// off:
//
//     serving <-> draining -> stopping -> gone -> (forgotten)
//
// A worker that was ever in a routing table leaves only by way of every live balancer's word.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/ids.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/capacity_evidence.hpp"
#include "coordinator/core/load_stretch.hpp"
#include "coordinator/core/recent_metrics.hpp"
#include "coordinator/core/recent_usage.hpp"

namespace foretide::coordinator {

enum class WorkerStage : std::uint8_t {
  kServing,   // should run and take requests
  kDraining,  // runs, takes no new request
  kStopping,  // its node was told to end it
  kGone,      // has ended; balancers are being told to forget it
};

// What was told of a start that is overdue.
enum class LatenessTold : std::uint8_t { kNothing, kWaits, kReplaced };

// What one balancer says about a worker.
struct EndpointUse {
  std::uint32_t in_flight = 0;
  std::uint64_t completed_total = 0, failed_total = 0;
};

struct WorkerRecord {
  WorkerId id;
  ServiceId service;
  ReleaseId release;
  NodeId node;
  WorkerStage stage = WorkerStage::kServing;
  Instant made_at{};                         // when this coordinator made it or first heard of it
  std::optional<wire::WorkerReport> report;  // absent: its node has not spoken of it, or says that
                                             // nothing runs
  Address address;                           // as last reported; port 0: not known yet
  std::optional<wire::WorkerSample> sample;
  RecentUsage usage;      // since it was warm
  RecentMetrics metrics;  // likewise
  std::map<BalancerId, EndpointUse> use;
  StretchMeter load_meter;         // likewise
  LoadReferences load_references;  // likewise
  bool stands_in = false;          // was made while another's start was overdue
  LatenessTold lateness_told = LatenessTold::kNothing;

  bool routed = false;  // a balancer may know it
  Instant drain_began{};
  std::string drain_reason;
  Stamp drain_stamp;            // the first table that says draining; epoch 0: not published yet
  Stamp stop_stamp;             // the first set that says stop; likewise
  Stamp gone_stamp;             // the first table that says gone; likewise
  bool wait_for_quiet = false;  // some balancer could not be asked

  // Serves as far as its node has said.
  bool is_ready() const;
  // Is ready, and has been for a while: what it does now is what it does.
  bool is_warm() const;
  // Has been ordered but has not passed its start probe yet.
  bool is_starting() const;
  // Ended by itself, or cannot start at all: keeps its place, is no capacity.
  bool is_failing() const;
  std::uint32_t in_flight() const;  // over all balancers, as last heard
};

bool has_warm(const std::map<WorkerId, WorkerRecord>& workers);

}  // namespace foretide::coordinator
