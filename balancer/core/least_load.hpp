// The endpoint that promises the shortest delay, kept at hand as requests come and end.
//
// Three things are learned and used together:
//
//   speed        how long each worker takes beside the others (`speed`)
//   concurrency  how many requests a worker serves at once (`concurrency`), unless `capacity.hard`
//                says at most four
//   the queue    how many requests wait
//
// Where it is known how many a worker serves at once, no more are sent to it: a request waits in
// the one queue for whichever worker is free next, not behind another one. Of the free workers the
// one with the lowest (1 + in flight / at once) * relative time is taken, but none that takes more
// than half as long again as the others while one of these is free. Are only such slow ones free,
// it may be better to wait for a fast one: with N requests in service, the one that stands at place
// q gets the q-th worker that becomes free, after q / N service times, and a worker that takes r
// times as long costs r - 1 more. So the slow one is taken when q >= (r - 1) N, or when the request
// has waited those r - 1 service times for nothing. Example: twelve are in service, a worker three
// times as slow is idle: it gets a request when 24 wait.
//
// Where it is not known, a worker with n requests that takes r times as long is expected to take
// (n + 1) * r, and the lowest is chosen. Equal ones take turns: the one chosen longest ago goes
// first.
//
// `tests/bench/spread` plays it against what others do. Choosing costs the same for ten and for a
// thousand endpoints (`ranking`): keys change when a request begins or ends; what changes with time
// alone is brought up to date for two endpoints at every choice.
//
// Belongs to its EndpointSet, which says who is open. The slow-server problem: Lin and Kumar,
// "Optimal control of a queueing system with two heterogeneous servers", 1984.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "balancer/core/asked.hpp"
#include "balancer/core/concurrency.hpp"
#include "balancer/core/endpoint.hpp"
#include "balancer/core/freed_places.hpp"
#include "balancer/core/ranking.hpp"
#include "balancer/core/speed.hpp"

namespace foretide::balancer {

class LeastLoad {
 public:
  using List = std::vector<std::unique_ptr<Endpoint>>;

  // The list, the rules or all keys have changed.
  void rebuild(const List& list, std::optional<std::uint32_t> hard_capacity, Instant now);
  // Other threads that fill the same endpoints.
  void share(FreedPlaces* freed, std::uint32_t thread);

  // Nothing: no endpoint may take a request, or it had better wait.
  Endpoint* choose(const List& list, const Asked& asked, Instant now);
  // When a request that was kept back, and has waited since then, is to be looked at again without
  // any event.
  Instant look_again(Instant since) const;

  void began(Endpoint& endpoint, Instant now);
  // Served, with an answer that tells of its speed.
  void served(Endpoint& endpoint, Instant began, Instant now);
  void ended_otherwise(Endpoint& endpoint, Instant began, Instant now);
  // Its place among the others may have changed.
  void place(Endpoint& endpoint, Instant now);

  // Of requests at one worker: learned, or by the settings when that is at most four.
  std::optional<std::uint32_t> at_once() const;
  bool limits() const { return concurrency_.limit().has_value(); }
  // One that is alone is as fast as the others.
  double relative_seconds(const Endpoint& endpoint, Instant now) const {
    if (is_alone_) return 1.0;
    return endpoint.load.speed.relative(service_, now);
  }

 private:
  Ranking::Key key_for(Endpoint& endpoint, Instant now);
  bool is_full(const Endpoint& endpoint) const;
  bool has_room(const Endpoint& endpoint);
  void bring_up_to_date(const List& list, Instant now);
  bool is_worth_waiting(const Endpoint& endpoint, const Asked& asked, Instant now);
  Endpoint* lowest(const List& list, const Asked& asked, Instant now, Endpoint*& aside);
  Endpoint* lowest_beyond_limits(const List& list, const Asked& asked, Instant now) const;
  void judge_extra(Endpoint& endpoint, Instant now);
  Endpoint* take_extra(const List& list, const Asked& asked, Instant now);

  Ranking ranking_;
  ServiceTime service_;
  Concurrency concurrency_;
  std::optional<std::uint32_t> hard_;
  bool is_alone_ = false;  // the list has one endpoint
  FreedPlaces* freed_ = nullptr;
  std::uint32_t thread_ = 0;
  std::vector<std::uint32_t> by_number_;   // place of the endpoint with that Slots::number
  std::optional<std::uint32_t> keyed_by_;  // at_once() when the keys were made
  std::uint32_t turn_ = 0;
  std::size_t update_at_ = 0, extra_at_ = 0;
  Duration slow_wait_{};  // that a request kept from a slow worker waits at most
};

}  // namespace foretide::balancer
