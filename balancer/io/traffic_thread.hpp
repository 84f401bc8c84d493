// Everything that one thread needs to serve traffic: its loop, its listeners, its own copy of the
// tables, its buffers and its sessions. Threads share nothing on the request path but the slots of
// a hard capacity and who waits for one.
//
// Everything here is called on the loop's thread; other threads `loop().post()` what they want
// done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/core/service_routes.hpp"
#include "balancer/http/id_source.hpp"
#include "balancer/io/buffer.hpp"
#include "balancer/io/event_loop.hpp"
#include "balancer/io/listen_point.hpp"
#include "balancer/io/listener.hpp"
#include "balancer/io/local_service.hpp"
#include "balancer/io/upstream_pool.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

class ProxySession;
class TlsServer;
struct Front;

struct ConnectionCounts {
  std::uint64_t accepted_total = 0, refused_requests_total = 0, unmatched_total = 0;
  std::uint64_t abandoned_total = 0;  // requests whose client went away, or would not go on
  std::uint64_t tls_full_total = 0, tls_resumed_total = 0, tls_failed_total = 0;  // handshakes
  std::uint64_t rejected_total = 0;          // connections: too many of one client, no PROXY header
  std::uint64_t closed_idle_total = 0;       // to make room for others
  std::uint64_t shed_for_sockets_total = 0;  // requests: there was no socket for a worker
  std::uint64_t shed_for_memory_total = 0;   // requests: there was no memory for them
  std::uint64_t http2_total = 0;             // connections
  std::uint64_t http2_calmed_total = 0;      // of which ended for what they flooded us with
  std::uint32_t open = 0;

  ConnectionCounts& operator+=(const ConnectionCounts& other) {
    accepted_total += other.accepted_total;
    refused_requests_total += other.refused_requests_total;
    unmatched_total += other.unmatched_total;
    abandoned_total += other.abandoned_total;
    tls_full_total += other.tls_full_total;
    tls_resumed_total += other.tls_resumed_total;
    tls_failed_total += other.tls_failed_total;
    rejected_total += other.rejected_total;
    closed_idle_total += other.closed_idle_total;
    shed_for_sockets_total += other.shed_for_sockets_total;
    shed_for_memory_total += other.shed_for_memory_total;
    http2_total += other.http2_total;
    http2_calmed_total += other.http2_calmed_total;
    open += other.open;
    return *this;
  }
};

class TrafficThread {
 public:
  struct Settings {
    std::uint32_t threads = 1;
    std::uint32_t thread = 0;  // which of them this is
    std::uint32_t connections_max = 10'000;
    UpstreamSockets::Settings upstreams;
    std::shared_ptr<BlockBudget> blocks;  // none: any number
    // An HTTP/2 client's, until it takes some of what is written.
    std::chrono::milliseconds stall_time{60'000};
    bool static_endpoints = false;
    std::shared_ptr<const Front> front;  // none: everybody is met plainly
    std::function<void()> report_now;    // any thread; at most every 50 ms
    std::function<void(const ServiceId&, std::uint32_t thread)> wake_thread;  // let_go() there
  };

  explicit TrafficThread(Settings settings);
  ~TrafficThread();

  EventLoop& loop() { return loop_; }
  BufferPool& buffers() { return buffers_; }
  UpstreamSockets& upstreams() { return upstreams_; }
  // Serves until `stop`.
  void run() { loop_.run(); }

  void listen(const Listener::Settings& settings);
  // How TLS clients are met from now on; before the first of them.
  void set_tls(std::shared_ptr<const TlsServer> tls) { tls_ = std::move(tls); }
  // The shares are handed out here, so they are complete before any thread has the table.
  Applied apply(const wire::ServiceTable& table, std::shared_ptr<ServiceShare> share,
                const std::map<WorkerId, std::shared_ptr<Slots>>& slots,
                const EndpointTls& tls = {});
  bool apply(const wire::MatchTable& table,
             const std::map<ServiceId, std::shared_ptr<ServiceShare>>& shares);
  void coordinator_lost(bool lost);
  void let_go(const ServiceId& service);
  void set_health(const ServiceId& service, const WorkerId& worker, Health health);
  std::vector<wire::ServiceTraffic> report() const;
  std::map<ServiceId, ServiceSight> sights() const;
  const ConnectionCounts& connections() const { return counts_; }

  // Says that it is not ready from now on, and closes each connection after its next answer; serves
  // everybody as before.
  void go_lame();
  // As lame as that, and new clients are not heard any more (see Listener::ignore_new).
  void go_quiet();
  // Stops accepting and lets every connection end after its next answer; `on_empty` is called when
  // none is left.
  void drain(std::function<void()> on_empty);
  // Ends every session now.
  void cancel_sessions();

  // ---- for sessions ----

  // Nothing when no match fits. Before the first match table nothing is known of any service.
  LocalService* service_for(const RouteQuery& query);
  bool has_routes() const { return routes_.stamp() != Stamp{}; }
  // Woken when routes come and when there is nothing to wait for any more; to be left before it
  // ends.
  void await_routes(Waiter& waiter) { await_routes_.push_back(&waiter); }
  void leave_awaiting(Waiter& waiter) { std::erase(await_routes_, &waiter); }
  bool may_get_routes() const { return !has_routes() && !coordinator_lost_ && !draining_; }
  bool draining() const { return draining_; }
  bool is_ready() const { return has_routes() && !lame_ && !draining_; }
  // Whether a connection is to end with its next answer.
  bool ends_connections() const { return lame_ || draining_; }
  const Front& front() const { return *settings_.front; }
  std::uint32_t number() const { return settings_.thread; }
  DrawnIds draw_ids() { return ids_.draw(); }
  Duration stall_time() const { return settings_.stall_time; }
  const std::shared_ptr<const TlsServer>& tls() const { return tls_; }
  std::string_view date();
  ConnectionCounts& counts() { return counts_; }
  bool is_full() const { return counts_.open >= settings_.connections_max; }
  // Closes a connection that has been idle for long, of some that are looked at. False: none was.
  bool make_room();
  void joined(ProxySession& session);
  void left(ProxySession& session);

 private:
  LocalService& service(const ServiceId& id, std::shared_ptr<ServiceShare> share);
  void ask_for_report();
  void send_report();
  void wake_awaiting_routes();

  Settings settings_;
  EventLoop loop_;
  BufferPool buffers_;
  UpstreamSockets upstreams_;
  ServiceRoutes routes_;
  std::map<ServiceId, std::unique_ptr<LocalService>> services_;
  std::vector<LocalService*> routed_;  // by index of the routes' services
  std::vector<Waiter*> await_routes_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::shared_ptr<const TlsServer> tls_;
  ProxySession* sessions_ = nullptr;  // list through the sessions themselves
  ProxySession* look_at_ = nullptr;   // where make_room() goes on
  ConnectionCounts counts_;
  Timer report_timer_;
  Instant reported_at_{};
  bool coordinator_lost_ = false;
  bool lame_ = false;
  bool draining_ = false;
  std::function<void()> on_empty_;
  Instant date_until_{};
  std::string date_;
  IdSource ids_;
};

}  // namespace foretide::balancer
