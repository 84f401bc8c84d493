// The endpoints of one service as one balancer thread sees them: which may take a request, how many
// requests each has, how fast each has been, and the rules for changing that.
//
// A table is applied whole or not at all; one that is not newer than what is held changes nothing
// and is answered with what is held. An endpoint that a newer table does not mention is kept
// (absence is never an order) until an entry says `kDraining`, then `kGone`. A gone endpoint takes
// nothing and leaves the set as soon as its last request has ended.
//
// A request is begun on an endpoint when it is dispatched and finished exactly once. An endpoint
// that refuses connections rests: 20 ms, doubled with every refusal up to 500 ms, and then takes
// one request as a trial until that one is connected; so a thousand held requests do not all run at
// a closed door. A trial has to connect anew: that a connection of before still answers says
// nothing of the door.
//
// Not thread-safe: each thread owns its own. With several threads an endpoint's hard capacity holds
// over all of them by `Slots`, the only thing that they share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/core/busy_clock.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

// One endpoint's requests in flight over all threads of this balancer.
struct Slots {
  std::atomic<std::uint32_t> taken{0};
};

// Its address is stable as long as requests are in flight on it.
struct Endpoint {
  WorkerId id;
  Address address;
  wire::EndpointState state = wire::EndpointState::kActive;
  std::optional<std::chrono::milliseconds> start_time;  // from its start until it was ready
  std::uint32_t in_flight = 0;                          // this thread's
  std::uint64_t completed_total = 0, failed_total = 0;
  BusyClock busy;
  std::uint32_t samples = 0;      // how many went into seconds_each, up to 64
  double seconds_each = 0.0;      // learned: dispatch to last byte, weighted towards the newest 64
  double relative_seconds = 1.0;  // of the service's mean; 1 inside the dead band
  std::uint32_t refusals = 0;     // connections refused in a row
  bool trial = false;             // one request is finding out whether it accepts again
  Instant rests_until{};
  std::shared_ptr<Slots> slots;  // empty: this thread is the only one
  // What the owner keeps beside it, such as idle connections; dropped when the address changes.
  std::shared_ptr<void> attached;
};

struct Applied {
  bool accepted = true;  // false: not newer (`reason` empty), or refused with a reason
  std::string reason;
  std::vector<WorkerId> missing;  // kept although the table has no entry
};

enum class Finish : std::uint8_t {
  kCompleted,  // answered by the worker, whatever the status
  kFailed,     // broken or timed out after it was sent
  kReturned,   // no byte was sent; it chooses again
  kTunnelled,  // completed, but how long it took says nothing about the worker's speed
};

class EndpointSet {
 public:
  using List = std::vector<std::unique_ptr<Endpoint>>;

  Applied apply(const wire::ServiceTable& table);
  Stamp stamp() const { return stamp_; }
  const wire::TrafficPolicy& policy() const { return policy_; }
  bool removed() const { return removed_; }

  const List& endpoints() const { return endpoints_; }
  Endpoint* find(const WorkerId& id) const;
  // Endpoints that the table wants to take requests, resting and full ones included.
  std::size_t active() const { return active_; }

  // Active, not resting, below the hard capacity.
  bool can_take(const Endpoint& endpoint, Instant now) const;
  // Whether every active endpoint refuses connections: the same as having no worker.
  bool all_refuse() const;
  // When the first resting endpoint may be tried again; Instant::max() when none rests.
  Instant next_trial() const;

  // False when another thread took the last slot since can_take: choose again.
  [[nodiscard]] bool begin(Endpoint& endpoint, Instant now);
  void connected(Endpoint& endpoint);
  // The connection could not be made. Followed by finish(kReturned).
  void refused(Endpoint& endpoint, Instant now);
  // May remove a gone endpoint: the reference is dead afterwards.
  void finish(Endpoint& endpoint, Finish how, Instant began, Instant now);

 private:
  void learn(Endpoint& endpoint, double seconds);
  void forget_gone();

  Stamp stamp_;
  List endpoints_;
  wire::TrafficPolicy policy_;
  std::size_t active_ = 0;
  std::uint32_t samples_ = 0;
  double seconds_mean_ = 0.0;  // over all endpoints, as slow to change as an endpoint's own
  bool removed_ = false;
};

}  // namespace foretide::balancer
