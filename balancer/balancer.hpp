// The balancer: builds its parts in order of dependence, keeps them together, ends them in peace.
//
//   traffic threads   serve requests by the tables they were given (io/traffic_thread)
//   control link      gets the tables from the coordinator and reports traffic (not in standalone)
//   admin server      shows what goes on
//
// Control link, admin and signals share the caller's io_context, which is not one of the traffic
// threads': a scrape or a new table never stands between a request and its answer.
//
// Being replaced by another process, which serves on the same sockets by then (retire()): that one
// has the control link and the admin pages; what is in flight here ends here. Requests that are
// held here still have to hear of new workers: the tables that the successor saves are read twice a
// second.
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
#include "balancer/io/inherited_sockets.hpp"
#include "balancer/io/successor.hpp"
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
                                                      std::uint32_t threads,
                                                      InheritedSockets inherited = {});
  static Result<std::unique_ptr<Balancer>> connected(boost::asio::io_context& owner,
                                                     const BalancerSettings& settings,
                                                     InheritedSockets inherited = {});
  ~Balancer();

  // There is no predecessor any more: talks with the coordinator from now on, where it is
  // connected, and removes the files of its unix sockets in the end. Until then it serves by the
  // tables of the last run.
  void take_over();

  // Standalone: other services, upstreams and certificates from now on. What it listens on stays.
  // Upon an Error nothing has changed.
  Outcome apply(const ClusterSettings& settings);
  // Connected: the certificates of the settings, read anew. Upon an Error nothing has changed.
  Outcome apply(const BalancerSettings& settings);
  // `on_stopped` is called once nothing is in flight any more. A second call cuts what is left.
  void stop(std::function<void()> on_stopped);
  // What a successor gets to listen on; nothing once it ends.
  Successor::Handed handed() const;
  // The successor serves: this one ends as upon stop(), at once, and leaves everything to that one
  // of which there can be only one.
  void retire(std::function<void()> on_stopped);
  bool is_stopping() const { return stopping_; }
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
  Outcome open(TrafficThreads::Settings settings, const Listen& listen, InheritedSockets inherited);
  Outcome open_admin(const Address& address, InheritedSockets& inherited);
  void take_tables_of_last_run();
  void take_tables_of_successor();
  Result<std::shared_ptr<const TlsServer>> load_tls(const std::optional<TlsSettings>& settings);
  void tell_what_stays(const FrontSettings& wanted) const;
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
  std::optional<TableStore> store_;                     // of a connected one
  std::optional<ControlLink::Settings> link_settings_;  // of a connected one
  std::unique_ptr<ControlLink> link_;
  Address admin_address_;  // as it was configured
  std::unique_ptr<AdminServer> admin_;
  boost::asio::steady_timer refresh_timer_, stop_timer_, move_timer_;
  std::function<void()> on_stopped_;
  FrontSettings front_;
  bool stopping_ = false, draining_ = false, retired_ = false;
  Leaving leaving_ = Leaving::kBusy;
  std::optional<Instant> quiet_since_;  // to new clients
  Instant started_;
};

}  // namespace foretide::balancer
