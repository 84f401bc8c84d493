// The agent's shell: it orders calls and decides nothing. What happens is told to the roster, and
// what the roster answers is carried out, in order, before the next event. Once a second it reads
// /proc, reports, and looks after the log files.
//
// Ending the agent ends no worker; the next one adopts them. One thread, the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "agent/core/worker_roster.hpp"
#include "agent/io/proc_reader.hpp"
#include "agent/io/process_runner.hpp"
#include "agent/io/quiet_watch.hpp"
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
  void resides_at(const std::string& address);
  void remember(const WorkerLife& life);
  void remember_node();
  void report();
  void log_changes(const wire::NodeReport& report);
  wire::NodeSample sample();
  void tick_later();
  void tick();
  void each_second();
  const WorkerLife& life_of(const WorkerId& id) const;

  boost::asio::io_context& owner_;
  Parts parts_;
  std::function<void(std::string)> on_final_;
  ProcTree tree_;
  ProcReader reader_;
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
  std::optional<HostReading> host_before_;
  std::map<WorkerId, WorkerReading> workers_before_;

  std::mt19937_64 random_;
  boost::asio::steady_timer timer_;
  Instant next_second_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace foretide::agent
