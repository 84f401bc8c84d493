// The balancer's line to the coordinator: says who we are, takes tables and acknowledges them,
// reports traffic.
//
// A table is acknowledged only after every thread has applied it and it is on disk. Hello is said
// when the channel connects, again every second until a Welcome comes, whenever an epoch higher
// than any known turns up (the coordinator has restarted), and when nothing was heard for 5 s.
// After 15 s without a word the coordinator counts as lost: what waits for a worker that only it
// could start is refused.
//
// Traffic goes out twice a second on the telemetry lane, and at once on the control lane when the
// threads ask for it. Lives on the owner's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "balancer/core/held_tables.hpp"
#include "balancer/io/table_store.hpp"
#include "balancer/io/traffic_threads.hpp"
#include "common/io/zmq_channel.hpp"
#include "common/settings/node_settings.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

class ControlLink {
 public:
  struct Settings {
    BalancerSettings balancer;
    KeyPair keys;
    std::string version;
    std::string boot_id;
    std::vector<std::string> traffic;  // where we listen, for display
  };

  // `held` are the tables from disk, already applied to the threads. `on_refused` is called when
  // the coordinator says for good that it will not talk to us.
  ControlLink(boost::asio::io_context& owner, Settings settings, TrafficThreads& threads,
              TableStore store, HeldTables held, std::function<void(std::string)> on_refused);

  // A report that cannot wait.
  void report_now();
  // What the regular report said last.
  void take_report(const TrafficSnapshot& snapshot);

  bool connected() const { return welcomed_; }
  bool coordinator_lost() const { return lost_; }
  const HeldTables& held() const { return held_; }

 private:
  void greet();
  void arrived(const Arrival& arrival);
  void take(const wire::Welcome& welcome);
  void take(const wire::Refusal& refusal);
  void take(wire::ServiceTable table);
  void take(wire::MatchTable table);
  void notice_epoch(std::uint64_t epoch);
  void settle(wire::TableAck ack);
  void save_and_acknowledge();
  void tick();
  std::string encoded(wire::Body body);
  static wire::TrafficReport report_for(const TrafficSnapshot& snapshot);

  boost::asio::io_context& owner_;
  Settings settings_;
  TrafficThreads& threads_;
  TableStore store_;
  HeldTables held_;   // what every thread has applied
  HeldTables saved_;  // what of it is on disk: all that may be acknowledged
  std::function<void(std::string)> on_refused_;
  std::string session_;
  std::uint64_t sequence_ = 0;
  std::uint64_t epoch_ = 0;
  std::string name_;
  std::vector<wire::TableAck> unacknowledged_;  // applied, not saved yet
  bool saving_ = false;
  bool welcomed_ = false;
  bool lost_ = false;
  Instant heard_, greeted_{}, complained_{};
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<ZmqClient> client_;  // last: its callbacks use all of the above
};

}  // namespace foretide::balancer
