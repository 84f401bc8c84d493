// One service as one thread runs it: its endpoints, who waits for them, and what is counted.
//
// A request takes an endpoint at once if one may take it and nobody waits before it; else it is
// held. Held requests are let go in order of arrival, one for each place that becomes free: when a
// request ends, when a table changes, when a resting endpoint may be tried again. Nobody else is
// woken. Where several threads share a hard capacity, or one of them has learned how many requests
// a worker serves at once, the order of arrival holds over all of them: a thread leaves a free
// place to the one that holds the oldest request, and tells it so; what that one cannot use goes to
// the next.
//
// A request that broke at one endpoint is to go to another; once it has to wait it takes what there
// is, or all behind it would wait for the same other one.
//
// A request that is kept back for what was learned alone (`least_load`) is never refused for it:
// where the queue is full or its time is over, the oldest goes to a worker all the same.
//
// A request has a deadline from its arrival (`queue.wait`): for being held, and for trying
// endpoints that cannot be connected. A held request ends without an endpoint when its deadline
// comes, when the service is removed, or when there is nothing to wait for: no endpoint takes
// requests and no coordinator was heard for 15 s. Where the endpoints are static (standalone)
// nobody starts workers, so a request waits 2 s at most while all of them refuse connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/core/hold_queue.hpp"
#include "balancer/core/pace.hpp"
#include "balancer/core/picker.hpp"
#include "balancer/core/service_share.hpp"
#include "balancer/core/traffic.hpp"
#include "balancer/io/event_loop.hpp"
#include "balancer/io/tls_upstream.hpp"
#include "common/ip_range.hpp"

namespace foretide::balancer {

enum class Refused : std::uint8_t {
  kNot,
  kQueueFull,
  kWaitedTooLong,
  kAllRefuse,     // every endpoint that was tried
  kAllAreSilent,  // not one of all so much as refuses
  kNothingToWaitFor,
  kRemoved,
};

// A request's place in the queue; a member of the request, which leaves before it ends.
struct HeldRequest {
  Waiter* waiter = nullptr;
  PickKey key;                              // what `balance` goes by
  std::uint64_t client = 0;                 // who it comes from, where the queue is fair
  const Endpoint* avoid = nullptr;          // had it before; another one is to be tried
  std::uint32_t refusals = 0;               // endpoints that it could not be connected to
  std::optional<HoldQueue::Ticket> ticket;  // once it has waited
  Instant since{}, deadline{};
  Endpoint* given = nullptr;  // set when it is let go; the request has begun on it
  Instant began{};            // on its endpoint, once it has one
  Refused refused = Refused::kNot;
  // When it is refused: how long until it would be served, where that can be said.
  std::optional<std::chrono::seconds> retry_after;
};

class LocalService {
 public:
  struct Settings {
    ServiceId id;
    bool static_endpoints = false;
    std::uint32_t threads = 1;
    std::uint32_t thread = 0;  // which of them this is
    std::shared_ptr<ServiceShare> share;
    std::function<void()> report_now;  // a hold began, or more is in flight than is good
    std::function<void(std::uint32_t thread)> wake_thread;  // it is to let_go(): there is a place
  };

  LocalService(EventLoop& loop, Settings settings);

  // `slots` are the endpoints' shared counts; empty with a single thread.
  Applied apply(const wire::ServiceTable& table,
                const std::map<WorkerId, std::shared_ptr<Slots>>& slots, EndpointTls tls = {});
  void coordinator_lost(bool lost);
  // What probes say of an endpoint.
  void set_health(const WorkerId& worker, Health health);

  // Whether somebody with this address (none: without one) may ask for it.
  bool allows(const IpBytes* client) const;
  // Spends one of the retries that the service's requests have earned (`retry.budget`).
  bool may_retry();

  // Its time begins.
  void arrived(HeldRequest& request);
  // Nothing: hold it.
  Endpoint* take(HeldRequest& request);
  // Puts it into the queue. When `refused` is set afterwards it does not wait.
  void hold(HeldRequest& request);
  void leave(HeldRequest& request);
  void let_go();  // those whose turn it is

  void connected(Endpoint& endpoint);
  // When the request's `refused` is set afterwards, it has tried long enough.
  void refused(Endpoint& endpoint, NoConnection why, HeldRequest& request);
  // `began` as in HeldRequest.
  void finish(Endpoint& endpoint, Finish how, Instant began);

  const ServiceId& id() const { return settings_.id; }
  const wire::TrafficPolicy& policy() const { return endpoints_.policy(); }
  bool removed() const { return endpoints_.removed(); }
  EndpointSet& endpoints() { return endpoints_; }
  TlsToEndpoints& tls() { return tls_; }
  // Why no connection could be made; told to people once, until one is made.
  void report_trouble(const Endpoint& endpoint, std::string_view trouble);
  Traffic& traffic() { return traffic_; }
  wire::ServiceTraffic report() const;
  ServiceSight sight() const;

 private:
  static constexpr double kRetriesEarnedMax = 10.0;

  Asked asked() const;
  Asked asked_for(const HeldRequest& request) const;
  void refuse(HeldRequest& request, Refused why);
  HoldQueue::Entry entry_of(const HeldRequest& request) const {
    return {request.since, request.deadline, request.client};
  }
  Endpoint* begin(const Asked& asked);
  Endpoint* begin_for(const HeldRequest& request, Asked::May may);
  void give(HeldRequest& request, Endpoint& endpoint);
  bool make_room(HeldRequest& request);
  void refuse_all(Refused why);
  void on_timer();
  void set_timer();
  void stop_waiting(HeldRequest& request);
  void show_oldest();
  void offer(std::uint32_t thread);  // a place that is free, and wake it
  // The same to the thread whose oldest request comes next after this one.
  void offer_after(HoldQueue::Ticket ticket);
  bool shares_places() const;
  void tell_in_flight();
  void tell_ejection(const Endpoint& endpoint, Finish how);
  void note_limited();
  // The thread that holds a request which came before `first`, and before all others.
  std::optional<std::uint32_t> thread_before(std::optional<HoldQueue::Ticket> first) const;
  void limit_patience(HeldRequest& request) const;
  Refused in_vain() const;
  bool nothing_to_wait_for() const;

  EventLoop& loop_;
  Settings settings_;
  TlsToEndpoints tls_;  // outlives the idle connections of the endpoints
  EndpointSet endpoints_;
  Picker picker_;
  HoldQueue queue_;
  std::unordered_map<HoldQueue::Ticket, HeldRequest*> waiting_;
  Traffic traffic_;
  Pace pace_;
  Timer timer_;
  std::optional<IpRanges> allowed_;  // none: everybody
  double retries_earned_ = kRetriesEarnedMax;
  std::uint32_t report_above_ = UINT32_MAX;  // requests in flight
  bool coordinator_lost_ = false;
  bool limited_ = false;  // this thread has learned what a worker takes, and said so
};

}  // namespace foretide::balancer
