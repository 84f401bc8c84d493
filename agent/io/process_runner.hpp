// The worker processes of this node: starts them, hears of their ends, signals and kills them,
// adopts those of a former agent.
//
// Nothing that a worker holds depends on the agent: it has its own session, writes to a file, and
// is not told of the agent's end. An end is heard through a pidfd, at once, for own children and
// adopted ones alike; only a parent learns the exit code, so an adopted worker's stays unknown. A
// child that ended is reaped only after whatever it left behind was killed, because until then its
// pid pins its session. One owner, the io_context's thread; `on_end` runs there too. The destructor
// lets every worker run on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/placeholders.hpp"
#include "agent/io/proc_tree.hpp"
#include "agent/io/process_group.hpp"
#include "agent/io/spawn.hpp"
#include "common/ids.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

class ProcessRunner {
 public:
  struct Settings {
    std::string log_dir;  // exists; a worker's output goes to <log_dir>/<id>.log
    std::string boot_id;
    bool same_user = false;               // workers run as the agent's own user
    std::optional<rlimit> descriptors{};  // the workers' limit; absent: the agent's
    std::chrono::milliseconds exec_time_max = kExecTimeMax;
  };
  using OnEnd = std::function<void(WorkerId, wire::Exit, std::vector<std::string> last_output)>;

  ProcessRunner(boost::asio::io_context& owner, const ProcTree& tree, Settings settings,
                OnEnd on_end);
  ~ProcessRunner();

  // `mark` is written down before, in the worker's record.
  std::variant<ProcessIdentity, SpawnProblem> spawn(const WorkerSpec& spec,
                                                    const Placeholders& with,
                                                    const std::string& mark);
  // False: the process is gone or is somebody else's, and will never be signalled.
  bool adopt(const ProcessIdentity& identity);
  // What may be left of a worker whose leader is gone; found by its mark and killed.
  int kill_leftovers(const ProcessIdentity& identity) const;

  void signal(const WorkerId& id, int number);
  void kill_group(const WorkerId& id);
  // Drops what is held of a worker that ended, and its log.
  void forget(const WorkerId& id);

  // The worker's live processes; empty for one that is not known.
  std::vector<std::int64_t> members(const WorkerId& id) const;
  void bound_logs();
  std::string log_path(const WorkerId& id) const;

  // 128 random bits.
  static std::string draw_mark();

 private:
  struct Running;
  void watch(Running& running);
  void ended(const WorkerId& id);
  void reap_cut_short();
  Running* find(const WorkerId& id) const;

  boost::asio::io_context& owner_;
  const ProcTree& tree_;
  Settings settings_;
  OnEnd on_end_;
  std::map<WorkerId, std::unique_ptr<Running>> running_;
  std::vector<pid_t> unreaped_;        // starts that were cut short, killed and not gone yet
  std::optional<Instant> blocked_at_;  // when the last of them was
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace foretide::agent
