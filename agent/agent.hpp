// The agent's shell: it orders calls and decides nothing. What happens is told to the roster, and
// what the roster answers is carried out, in order, before the next event. Once a second it reads
// /proc, reports, and looks after the log files.
//
// Ending the agent ends no worker; the next one adopts them. Workers of a former boot are started
// again once a coordinator has welcomed this agent: a host cloned from another's disk has that
// one's records and key, and is refused instead. Where no coordinator says anything at all for
// 15 s, they are started without (a clone that cannot reach it does so too): nothing depends on its
// being up.
//
// One thread, the io_context's.
#pragma once

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "agent/core/worker_roster.hpp"
#include "agent/io/metrics_watch.hpp"
#include "agent/io/process_runner.hpp"
#include "agent/io/quiet_watch.hpp"
#include "agent/io/sampler.hpp"
#include "agent/io/start_probe.hpp"
#include "agent/io/uplink.hpp"
#include "agent/io/worker_records.hpp"

namespace foretide::agent {

class Agent {
 public:
  struct Parts {
    AgentSettings settings;
    KeyPair keys;
    WorkerRecords records;
    std::string boot_id;
    std::string version;
    // How long workers of a former boot wait for a coordinator's word before they start without.
    Duration word_patience = std::chrono::seconds(15);
    std::optional<rlimit> worker_descriptors{};  // of workers, where the agent's own was raised
  };
  // `on_final` is called when the coordinator will never talk to this agent.
  Agent(boost::asio::io_context& owner, Parts parts, std::function<void(std::string)> on_final);
  ~Agent();

  // Adopts what a former agent left, then calls the coordinator.
  void start();

 private:
  void apply(RosterEvent event);
  void perform(const Spawn& action);
  void perform(const Probe& action);
  void perform(const StopProbe& action);
  void perform(const WatchQuiet& action);
  void perform(const Signal& action);
  void perform(const KillGroup& action);
  void perform(const Remember& action);
  void perform(const Forget& action);
  void perform(const Report& action);

  void connect();
  void adopt_unrecorded(const wire::DesiredSet& set);
  void resides_at(const std::string& address);
  void remember(const WorkerLife& life);
  void remember_node();
  void report();
  void log_changes(const wire::NodeReport& report);
  void tick_later();
  void tick();
  void each_second();
  const WorkerLife& life_of(const WorkerId& id) const;

  boost::asio::io_context& owner_;
  Parts parts_;
  std::function<void(std::string)> on_final_;
  ProcTree tree_;
  Sampler sampler_;
  MetricsWatch metrics_;
  NodeMemory memory_;  // as it is on disk
  std::string address_;
  WorkerRoster roster_;
  ProcessRunner runner_;
  std::unique_ptr<Uplink> uplink_;  // absent until what is there was adopted

  std::deque<RosterEvent> events_;
  bool is_applying_ = false;
  bool report_is_due_ = false;
  std::map<WorkerId, std::string> marks_;
  std::map<WorkerId, std::unique_ptr<StartProbe>> probes_;
  std::map<WorkerId, std::unique_ptr<QuietWatch>> quiet_watches_;
  std::map<WorkerId, std::string> logged_;  // what the log last said of each worker
  std::set<WorkerId> unrecorded_;  // have a record that cannot be read, and no set named them yet

  std::mt19937_64 random_;
  boost::asio::steady_timer timer_;
  Instant began_{}, next_second_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace foretide::agent
