// The coordinator's shell: it owns the core's state, the stores, the channel and the admin server,
// feeds `step` with what happens and carries its actions out, in order. It holds no formula and no
// rule of its own but one: nothing is sent before it is durable. While the store cannot be written,
// what must be kept is kept in memory (newest wins), nothing that depends on it is sent, and it
// tries again at every step; workers and traffic go on meanwhile, as they do when no coordinator
// runs at all.
//
// Everything runs on one thread, the one that runs `owner`.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/io/admin_server.hpp"
#include "common/result.hpp"
#include "common/settings/cluster.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/io/admin_api.hpp"
#include "coordinator/io/doorkeeper.hpp"
#include "coordinator/io/enrolment.hpp"
#include "coordinator/io/hand_orders.hpp"
#include "coordinator/io/history_keeper.hpp"
#include "coordinator/io/metrics_page.hpp"
#include "coordinator/io/outbox.hpp"
#include "coordinator/io/peer_gateway.hpp"
#include "coordinator/io/queue_watch.hpp"
#include "coordinator/io/state_dir.hpp"
#include "coordinator/io/store_sqlite.hpp"

namespace foretide::coordinator {

class Coordinator {
 public:
  struct Settings {
    std::string config_path;
    std::string state_path;
    ClusterSettings cluster;  // as read from config_path
  };

  // Everything is open and bound when it returns; an Error is a message for the terminal.
  static Result<std::unique_ptr<Coordinator>> start(boost::asio::io_context& owner,
                                                    Settings settings);
  ~Coordinator();

  // Reads the cluster file again; an Error holds every problem, and nothing has changed.
  Result<Reloaded> reload();
  const Whereabouts& whereabouts() const { return whereabouts_; }

 private:
  Coordinator(boost::asio::io_context& owner, Settings settings, StateDir state_dir);
  Outcome open_stores();
  Outcome open_doors(boost::asio::io_context& owner);
  Outcome begin();
  Orders orders();

  void happen(Happening happening);
  void refuse(wire::Role role, const std::string& name, const std::string& session,
              const std::string& reason);
  void tell(const Action& action);
  void wait_for_tick();
  void keep_history(Instant now, WallTime wall);

  Outcome remove(wire::Role role, const std::string& name);
  void tell_removed(wire::Role role, const std::string& name);
  Result<IssuedToken> issue_token(wire::Role role, const std::string& name);
  std::string metrics();

  Settings settings_;
  StateDir state_dir_;
  State state_;
  std::unique_ptr<Store> store_;
  std::optional<HistoryKeeper> history_;
  std::optional<Enrolment> enrolment_;
  Whereabouts whereabouts_;

  std::unique_ptr<HandOrders> by_hand_;
  std::unique_ptr<Outbox> outbox_;
  Doorkeeper doorkeeper_;
  HistogramCounts step_times_;
  std::uint64_t reloads_total_ = 0, reload_errors_total_ = 0;
  Instant history_kept_{}, admitted_{};

  boost::asio::steady_timer tick_;
  std::unique_ptr<PeerGateway> gateway_;
  QueueWatch queues_;
  std::unique_ptr<AdminApi> api_;
  std::unique_ptr<AdminServer> admin_;
};

}  // namespace foretide::coordinator
