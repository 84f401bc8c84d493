// The coordinator's admin API: each call of the outer contract, answered from the state at once.
//
// One table of routes holds method, path, what it is for and who answers; /openapi.json is written
// from that table, so it describes what is built and nothing else. Unknown paths get 404, wrong
// methods 405, bad input 400 with a sentence, what cannot be stored now 503: all as
// {"error": "…"}. The server in front has checked token, Host and Origin.
//
// It changes nothing itself: what it wants done it asks of the coordinator through `Orders`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "common/ids.hpp"
#include "common/io/admin_server.hpp"
#include "common/result.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/io/history_sqlite.hpp"
#include "coordinator/io/openapi.hpp"
#include "coordinator/io/store_sqlite.hpp"

namespace foretide::coordinator {

struct IssuedToken {
  std::string token;    // ft1.…
  std::string control;  // "host:port" to dial
  std::int64_t expires_in_s = 0;
};

struct Reloaded {
  bool changed = false;
};

// What the API may ask of the coordinator. All are called on its thread.
struct Orders {
  std::function<Instant()> now;
  std::function<WallTime()> wall;
  std::function<std::string()> not_ready;  // why not; empty when ready
  std::function<Result<Reloaded>()> reload;
  std::function<std::string(const std::string& name)>
      no_token_for;  // why not; empty: one may be had
  std::function<Result<IssuedToken>(wire::Role, const std::string& name)> issue_token;
  std::function<Outcome(const ServiceId&, std::optional<std::uint32_t> count,
                        Duration expires_after)>
      hold;
  std::function<Outcome(const PauseSet&)> pause;
  std::function<Outcome(const DrainSet&)> drain;
  std::function<bool(wire::Role, const std::string& name)> is_enrolled;
  std::function<Outcome(wire::Role, const std::string& name)> remove;
  std::function<void(const ServiceId&, Duration ahead)> ask_forecast;
  std::function<Result<std::vector<HistoryRow>>(const ServiceId&, HistoryGrain)> history;
  std::function<Result<std::vector<KeptMoments>>(const ServiceId&, std::int64_t after)> moments;
  std::function<std::string()> metrics;
};

class AdminApi {
 public:
  static constexpr std::uint32_t kDecisionsDefault = 20, kDecisionsMax = 1000;
  static constexpr double kAheadSecondsMax = 7 * 24 * 3600.0;

  // State and store outlive the API and are only read.
  AdminApi(const State& state, Store& store, Orders orders);

  AdminResponse answer(const AdminRequest& request);

 private:
  // Handlers; `name` is what stood for {name} in the path.
  using Handler = AdminResponse (AdminApi::*)(const AdminRequest&, const std::string& name);
  struct Route {
    ApiCall call;
    Handler handler;
  };
  static std::span<const Route> routes();
  AdminResponse healthz(const AdminRequest&, const std::string&);
  AdminResponse readyz(const AdminRequest&, const std::string&);
  AdminResponse metrics(const AdminRequest&, const std::string&);
  AdminResponse openapi(const AdminRequest&, const std::string&);
  AdminResponse status(const AdminRequest&, const std::string&);
  AdminResponse nodes(const AdminRequest&, const std::string&);
  AdminResponse services(const AdminRequest&, const std::string&);
  AdminResponse service(const AdminRequest&, const std::string& name);
  AdminResponse decisions(const AdminRequest& request, const std::string& name);
  AdminResponse forecast(const AdminRequest& request, const std::string& name);
  AdminResponse history(const AdminRequest& request, const std::string& name);
  AdminResponse moments(const AdminRequest& request, const std::string& name);
  AdminResponse workers(const AdminRequest&, const std::string&);
  AdminResponse events(const AdminRequest& request, const std::string&);
  AdminResponse scale(const AdminRequest& request, const std::string& name);
  AdminResponse textbook_scale(const AdminRequest& request, const std::string&);
  AdminResponse plan(const AdminRequest& request, const std::string&);
  AdminResponse reload(const AdminRequest&, const std::string&);
  AdminResponse token(const AdminRequest& request, const std::string&);
  AdminResponse pause(const AdminRequest& request, const std::string& name);
  AdminResponse resume(const AdminRequest&, const std::string& name);
  AdminResponse drain(const AdminRequest& request, const std::string& name);
  AdminResponse remove_node(const AdminRequest&, const std::string& name);
  AdminResponse remove_balancer(const AdminRequest&, const std::string& name);
  AdminResponse set_pause(const PauseSet& order);
  AdminResponse remove(wire::Role role, const std::string& name);

  const State& state_;
  Store& store_;
  Orders orders_;
};

}  // namespace foretide::coordinator
