// A node around the agent's roster for tests: a clock of its own, and what the roster does as
// words.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "agent/core/worker_roster.hpp"

namespace foretide::agent {

inline std::string text_of(const RosterAction& action) {
  struct Speaker {
    std::string operator()(const Spawn& a) {
      return "spawn " + a.id.text + ":" + std::to_string(a.port);
    }
    std::string operator()(const Probe& a) { return "probe " + a.id.text; }
    std::string operator()(const StopProbe& a) { return "stop-probe " + a.id.text; }
    std::string operator()(const WatchQuiet& a) { return "watch-quiet " + a.id.text; }
    std::string operator()(const Signal& a) {
      return "signal " + a.id.text + " " + std::to_string(a.signal);
    }
    std::string operator()(const KillGroup& a) { return "kill " + a.id.text; }
    std::string operator()(const Remember& a) { return "remember " + a.id.text; }
    std::string operator()(const Forget& a) { return "forget " + a.id.text; }
    std::string operator()(const Report&) { return "report"; }
  };
  return std::visit(Speaker{}, action);
}

// A node with a clock of its own; each call tells the roster one thing and returns the actions as
// words.
class Node {
 public:
  using Words = std::vector<std::string>;

  Words tell(RosterEvent event) {
    Words words;
    for (const RosterAction& action : roster.apply(event, now)) words.push_back(text_of(action));
    return words;
  }
  Words set(std::uint64_t revision, std::vector<wire::DesiredWorker> workers) {
    wire::DesiredSet set{{1, revision}, std::move(workers), {}};
    WorkerSpec spec;
    spec.argv = {"./server"};
    spec.stop.drain = std::chrono::seconds(30);
    spec.stop.grace = std::chrono::seconds(10);
    set.specs[ReleaseId{"r1"}] = spec;
    set.specs[ReleaseId{"r2"}] = spec;
    return tell(SetArrived{set});
  }
  Words after(Duration passed, double jitter = 0.0) {
    now += passed;
    return tell(Tick{jitter});
  }
  Words spawned(const std::string& id = "a") { return tell(Spawned{{id}, ++last_pid, 77}); }
  Words ready(const std::string& id = "a") { return tell(ProbePassed{{id}}); }
  Words ends(const std::string& id = "a", int code = 1) {
    return tell(Ended{{id}, {code, std::nullopt}, {"last words"}});
  }
  // Asked for, started and ready.
  void serve(const std::string& id = "a") {
    set(1, {run(id)});
    spawned(id);
    ready(id);
  }

  static wire::DesiredWorker run(const std::string& id, const std::string& release = "r1") {
    return {{id}, {"web"}, {release}, wire::WorkerOrder::kRun, false};
  }
  static wire::DesiredWorker stop(const std::string& id, bool quiet = false) {
    return {{id}, {"web"}, {"r1"}, wire::WorkerOrder::kStop, quiet};
  }
  const WorkerLife& life(const std::string& id = "a") { return roster.workers().at(WorkerId{id}); }
  wire::WorkerReport report(const std::string& id = "a") {
    for (const wire::WorkerReport& one : roster.report(now).workers) {
      if (one.id.text == id) return one;
    }
    ADD_FAILURE() << "no report of " << id;
    return {};
  }

  WorkerRoster roster{{20000, 20009}};
  Instant now{std::chrono::hours(5)};
  std::int64_t last_pid = 100;
};

}  // namespace foretide::agent
