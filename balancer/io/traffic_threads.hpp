// All traffic threads as the control thread sees them: one call does it on every thread and answers
// when the last one has done it.
//
// That is what makes an acknowledgement true: a table counts as applied only after every thread has
// applied it, so that no thread sends a new request to an endpoint that the coordinator believes
// drained.
//
// All calls are made, and all answers come, on the owner's io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "balancer/core/service_slots.hpp"
#include "balancer/io/inherited_sockets.hpp"
#include "balancer/io/listening_sockets.hpp"
#include "balancer/io/prober.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

struct TrafficSnapshot {
  std::vector<wire::ServiceTraffic> services;
  std::map<ServiceId, ServiceSight> sights;
  ConnectionCounts connections;
};

class TrafficThreads {
 public:
  struct Settings {
    std::uint32_t threads = 1;
    std::vector<ListenPoint> listen;
    InheritedSockets* inherited = nullptr;  // asked first, in open() only
    std::shared_ptr<const TlsServer> tls;   // where one of them is for TLS
    bool static_endpoints = false;
    std::shared_ptr<const Front> front;
    std::uint32_t connections = 0;       // at once, of all threads; 0: what descriptors allow
    std::uint64_t memory_max_bytes = 0;  // for bytes on their way; 0: a share of what there is
    std::function<void()> on_urgent;     // traffic that the coordinator should hear of at once
  };

  // Listens before it returns; an address in use is an Error that names it and its key.
  static Result<std::unique_ptr<TrafficThreads>> open(boost::asio::io_context& owner,
                                                      Settings settings);
  ~TrafficThreads();  // every session must have ended, see drain() and cancel()
  // Begins to serve. What was applied before is in force for the first request.
  void run();

  // Where it listens, in the order of the settings; port 0 as the port that was found.
  const std::vector<ListenPoint>& bound() const { return bound_; }
  // Of each, as long as it is listened on.
  const std::vector<ListeningSockets>& sockets() const { return sockets_; }
  // Another process listens there from now on, and removes the files of unix sockets in the end.
  void leave_socket_files();
  // No other does, see ListeningSockets::claim_file.
  void claim_socket_files();

  void apply(wire::ServiceTable table, std::function<void(Applied)> on_applied);
  void apply(wire::MatchTable table, std::function<void()> on_applied);
  // For new connections; those that are there keep theirs.
  void set_tls(std::shared_ptr<const TlsServer> tls);
  // Files that tables name are read again with the next table of each service.
  void forget_upstream_tls() { upstream_tls_.clear(); }
  void coordinator_lost(bool lost);
  void report(std::function<void(TrafficSnapshot)> on_report);
  // See TrafficThread::go_lame.
  void go_lame();
  void go_quiet();
  // Stops accepting, in this process; connections end after their next answer.
  void drain(std::function<void()> on_empty);
  void cancel();

 private:
  TrafficThreads(boost::asio::io_context& owner, Settings settings);
  Outcome listen(const ListenPoint& at);
  Result<ListeningSockets> sockets_for(const Address& address);
  std::shared_ptr<ServiceShare> share_of(const ServiceId& service);
  Result<std::shared_ptr<const TlsClient>> upstream_tls(const wire::ServiceTable& table);
  // `work` runs on every thread, then `done` on the owner's.
  void on_each(std::function<void(TrafficThread&)> work, std::function<void()> done = {});

  boost::asio::io_context& owner_;
  Settings settings_;
  std::vector<ListenPoint> bound_;
  std::vector<ListeningSockets> sockets_;  // of each
  std::map<ServiceId, std::shared_ptr<ServiceShare>> shares_;
  std::map<ServiceId, ServiceSlots> slots_;  // empty with a single thread
  Prober prober_;
  std::map<ServiceId, std::shared_ptr<const TlsClient>> upstream_tls_;
  std::vector<std::unique_ptr<TrafficThread>> threads_;
  std::vector<std::thread> running_;
};

}  // namespace foretide::balancer
