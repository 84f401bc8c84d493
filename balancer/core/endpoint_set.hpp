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
// An endpoint whose probes are answered badly (`set_health`), or that is sent away for what its
// requests have shown (`ejection`), takes nothing. At most a third of the active ones are away at a
// time, and where more than half are out for either reason all take requests again: then the fault
// is likelier to lie elsewhere, and many workers that may fail are better than few that will.
//
// Not thread-safe: each thread owns its own. With several threads an endpoint's hard capacity holds
// over all of them by `Slots`, the only thing that they share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/core/asked.hpp"
#include "balancer/core/endpoint.hpp"
#include "balancer/core/freed_places.hpp"
#include "balancer/core/hash_ring.hpp"
#include "balancer/core/least_load.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

struct Applied {
  bool accepted = true;  // false: not newer (`reason` empty), or refused with a reason
  std::string reason;
  std::vector<WorkerId> missing;  // kept although the table has no entry
};

enum class Finish : std::uint8_t {
  kCompleted,      // answered by the worker, whatever the status
  kAnsweredError,  // answered by the worker, with an error of its own (5xx): says nothing of speed
  kFailed,         // broken or timed out after it was sent
  kReturned,       // no byte was sent; it chooses again
  kTunnelled,      // completed, but how long it took says nothing about the worker's speed
};

enum class NoConnection : std::uint8_t { kRefused, kTimedOut };

class EndpointSet {
 public:
  using List = LeastLoad::List;

  Applied apply(const wire::ServiceTable& table);
  // Other threads have endpoints of the same Slots. To be called again when these were handed out.
  void share(FreedPlaces* freed, std::uint32_t thread);
  Stamp stamp() const { return stamp_; }
  const wire::TrafficPolicy& policy() const { return policy_; }
  bool removed() const { return removed_; }

  const List& endpoints() const { return endpoints_; }
  Endpoint* find(const WorkerId& id) const;
  Endpoint* find(std::uint32_t number) const;
  // Endpoints that the table wants to take requests, resting and full ones included.
  std::size_t active() const { return active_; }

  // Active, not resting, not out, below the hard capacity.
  bool can_take(const Endpoint& endpoint, Instant now) const;
  // Whether another one than this is open, be it full.
  bool has_other_open(const Endpoint* than) const;
  // The one that promises the shortest delay; nothing when it is better to wait, or there is none.
  Endpoint* least_loaded(const Asked& asked, Instant now);
  const LeastLoad& load() const { return load_; }
  const HashRing& ring() const { return ring_; }
  bool all_are_needed() const { return out_ * 2 > active_; }
  // How often one was sent away for what its requests have shown.
  std::uint64_t ejected_total() const { return ejected_total_; }
  // What probes say of it.
  void set_health(const WorkerId& id, Health health);
  // This thread's requests at all endpoints.
  std::uint32_t in_flight() const { return in_flight_; }
  // Whether every active endpoint refuses connections: the same as having no worker.
  bool all_refuse() const;
  // Where they do: whether it is by not answering at all.
  bool all_are_silent() const;
  // Opens what was at rest, or away, until now.
  void look(Instant now);
  // When the next endpoint may open by itself: its rest ends, or it was away long enough. Of what
  // look() has seen; Instant::max() when there is none.
  Instant opens_at() const { return settle_at_; }
  // Whether any endpoint takes requests, were there room, by what look() has seen.
  bool has_open() const;

  // False when another thread took the last slot since can_take: choose again.
  [[nodiscard]] bool begin(Endpoint& endpoint, Instant now);
  void connected(Endpoint& endpoint);
  // The connection could not be made. Followed by finish(kReturned).
  void refused(Endpoint& endpoint, Instant now, NoConnection why);
  // May remove a gone endpoint: the reference is dead afterwards.
  void finish(Endpoint& endpoint, Finish how, Instant began, Instant now);

 private:
  bool is_open(const Endpoint& endpoint, Instant now) const;
  void advance_to(Instant now) {
    now_ = now;
    look(now);
  }
  void settle(Endpoint& endpoint);  // whether it is open may have changed
  bool others_serve(const Endpoint& than) const;
  void judge(Endpoint& endpoint, Finish how);
  bool may_eject() const;
  void rebuild();
  bool forget_gone();

  Stamp stamp_;
  List endpoints_;
  wire::TrafficPolicy policy_;
  std::size_t active_ = 0;
  bool removed_ = false;
  LeastLoad load_;
  std::uint32_t in_flight_ = 0;
  FreedPlaces* freed_ = nullptr;  // none: no other thread
  std::uint32_t thread_ = 0;
  HashRing ring_;  // empty unless the policy is to choose by key
  std::uint32_t last_number_ = 0;
  std::size_t out_ = 0, away_ = 0;  // active ones: for either reason, for what requests have shown
  std::uint64_t ejected_total_ = 0;
  std::uint32_t refusing_ = 0;          // active endpoints at rest or on trial
  Instant now_{};                       // as last told
  Instant settle_at_ = Instant::max();  // when an endpoint may open by itself
};

}  // namespace foretide::balancer
