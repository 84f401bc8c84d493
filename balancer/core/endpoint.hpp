// One worker as one balancer thread sees it.
//
// Plain state; `endpoint_set` has the rules for changing it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "balancer/core/busy_clock.hpp"
#include "balancer/core/concurrency.hpp"
#include "balancer/core/ejection.hpp"
#include "balancer/core/probe_record.hpp"
#include "balancer/core/slow_start.hpp"
#include "balancer/core/speed.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

// One endpoint's requests in flight over all threads of this balancer.
struct Slots {
  std::atomic<std::uint32_t> taken{0};
  std::uint32_t number = 0;  // which of its service's endpoints this is, see FreedPlaces
};

// What choosing by load has learned of it, and what it has granted it.
struct EndpointLoad {
  Speed speed;
  Overlaps overlaps;
  std::uint32_t extra = 0;  // requests that it may be given above the learned limit
  // While it has more than the learned limit: since when, and what it has ended.
  std::optional<Instant> above_limit_since;
  std::uint32_t ended_above_limit = 0;
  std::uint32_t turn = 0;  // when it was chosen last, as a count of choices
};

// Its address is stable as long as requests are in flight on it.
struct Endpoint {
  WorkerId id;
  Address address;
  wire::EndpointState state = wire::EndpointState::kActive;
  std::optional<std::chrono::milliseconds> start_time;  // from its start until it was ready
  std::size_t place = 0;                                // in its set's list
  std::uint32_t number = 0;                             // no other of its set ever had it
  bool on_ring = false;                                 // see HashRing
  bool open = false;                                    // may take requests, were there room
  std::uint32_t in_flight = 0;                          // this thread's
  std::uint64_t completed_total = 0, failed_total = 0;
  BusyClock busy;
  EndpointLoad load;
  std::uint32_t refusals = 0;  // connections refused in a row
  bool silent = false;         // the last of them was not even refused
  bool trial = false;          // one request is finding out whether it accepts again
  Instant rests_until{};
  Health probed = Health::kGood;
  Ejection ejection;
  SlowStart slow_start;
  std::uint32_t turns_passed = 0;  // that it left to others, starting slowly
  std::shared_ptr<Slots> slots;    // empty: this thread is the only one
  // What the owner keeps beside it, such as idle connections; dropped when the address changes.
  std::shared_ptr<void> attached;

  // Requests in flight, of all threads.
  std::uint32_t taken() const {
    return slots ? slots->taken.load(std::memory_order_seq_cst) : in_flight;
  }
};

}  // namespace foretide::balancer
