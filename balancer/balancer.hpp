// The balancer: builds its parts in order of dependence, keeps them together, ends them in peace.
//
//   traffic threads   serve requests by the tables they were given (io/traffic_thread)
//   control link      gets the tables from the coordinator and reports traffic (not in standalone)
//   admin server      shows what goes on
//
// Control link, admin and signals share the caller's io_context, which is not one of the traffic
// threads': a scrape or a new table never stands between a request and its answer.
//
// Ending (stop()): for `lame_duck` the readiness path says no, and answers carry `Connection:
// close`, while everything is served; then no new connection, what is in flight ends; what has not
// ended after `drain` is cut. Where an address of this host is to move to another (moving_address),
// new clients are left unanswered, not refused, and the end waits until it has (core/leaving).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "balancer/core/held_tables.hpp"
#include "balancer/core/leaving.hpp"
#include "balancer/io/access_log.hpp"
#include "balancer/io/control_link.hpp"
#include "balancer/io/tls_server.hpp"
#include "balancer/io/traffic_threads.hpp"
#include "common/io/admin_server.hpp"
#include "common/settings/cluster.hpp"
#include "common/settings/node_settings.hpp"

namespace foretide::balancer {

class Balancer {
 public:
  static Result<std::unique_ptr<Balancer>> standalone(boost::asio::io_context& owner,
                                                      const ClusterSettings& settings,
                                                      std::uint32_t threads);
  static Result<std::unique_ptr<Balancer>> connected(boost::asio::io_context& owner,
                                                     const BalancerSettings& settings);
  ~Balancer();

  // Standalone: other services, upstreams and certificates from now on. What it listens on stays.
  // Upon an Error nothing has changed.
  Outcome apply(const ClusterSettings& settings);
  // Connected: the certificates of the settings, read anew. Upon an Error nothing has changed.
  Outcome apply(const BalancerSettings& settings);
  // `on_stopped` is called once nothing is in flight any more. A second call cuts what is left.
  void stop(std::function<void()> on_stopped);
  // The access log's file was moved away.
  void reopen_logs();
  // The reason for which it must end, when the coordinator refuses it for good.
  std::function<void(std::string)> on_refused;

  const std::vector<ListenPoint>& traffic() const { return threads_->bound(); }
  Address admin() const { return admin_->bound(); }

 private:
  explicit Balancer(boost::asio::io_context& owner);
  // What it listens on, of both kinds of settings.
  struct Listen {
    const std::vector<Address>& traffic;
    const std::optional<TlsSettings>& tls;
    const FrontSettings& front;
    const Address& admin;
  };
  Outcome open(TrafficThreads::Settings settings, const Listen& listen);
  Result<std::shared_ptr<const TlsServer>> load_tls(const std::optional<TlsSettings>& settings);
  Outcome apply_tables(const ClusterSettings& settings);
  void refresh();
  void leave();  // by drain(), at once or when a moving address has gone
  void await_move();
  void drain();
  void cut();
  const HeldTables& held() const { return link_ ? link_->held() : held_; }
  AdminResponse answer(const AdminRequest& request) const;

  boost::asio::io_context& owner_;
  std::string name_ = "standalone";
  HeldTables held_;  // of standalone, or from disk
  TrafficSnapshot snapshot_;
  std::shared_ptr<TlsResumption> tls_resumption_;
  std::vector<Address> tls_addresses_;     // as they were given at the start
  std::unique_ptr<AccessLog> access_log_;  // before the threads, which put records into it
  std::unique_ptr<TrafficThreads> threads_;
  std::unique_ptr<ControlLink> link_;
  std::unique_ptr<AdminServer> admin_;
  boost::asio::steady_timer refresh_timer_, stop_timer_, move_timer_;
  std::function<void()> on_stopped_;
  FrontSettings front_;
  bool stopping_ = false, draining_ = false;
  Leaving leaving_ = Leaving::kBusy;
  std::optional<Instant> quiet_since_;  // to new clients
  Instant started_;
};

}  // namespace foretide::balancer
