#include "agent/core/worker_life.hpp"

#include <chrono>
#include <utility>

#include "agent/core/backoff.hpp"
#include "common/check.hpp"

namespace foretide::agent {
namespace {

using wire::WorkerOrder;

void enter(WorkerLife& life, LifeStep step, Instant now) {
  life.step = step;
  life.since = now;
}

void back_off(WorkerLife& life, std::string reason, Instant now) {
  enter(life, LifeStep::kBackingOff, now);
  life.failures += 1;
  life.retry_at.reset();
  life.reason = std::move(reason);
}

Actions signal(WorkerLife& life, Instant now) {
  enter(life, LifeStep::kSignalled, now);
  return {Signal{life.id, life.spec.stop.signal}};
}

std::string end_sentence(const WorkerLife& life, const wire::Exit& exit) {
  const std::string when = life.step == LifeStep::kProbing ? " before it was ready" : " by itself";
  if (exit.code) return "ended" + when + " with exit code " + std::to_string(*exit.code);
  if (exit.signal) return "ended" + when + " by signal " + std::to_string(*exit.signal);
  return "ended" + when + ", its exit code is unknown";
}

bool is_stopping(LifeStep step) {
  return step == LifeStep::kAwaitingQuiet || step == LifeStep::kSignalled ||
         step == LifeStep::kKilled;
}

}  // namespace

Actions start(WorkerLife& life, Instant now) {
  CHECK(life.port != 0, "the roster chooses a port before a start");
  enter(life, LifeStep::kSpawning, now);
  life.started = now;
  life.start_time.reset();
  life.retry_at.reset();
  life.pid = 0;
  life.start_ticks = 0;
  return {Spawn{life.id, life.port, life.spec}};
}

Actions spawned(WorkerLife& life, std::int64_t pid, std::uint64_t start_ticks, Instant now) {
  if (life.step != LifeStep::kSpawning) return {};
  life.pid = pid;
  life.start_ticks = start_ticks;
  life.incarnations += 1;
  life.ports_taken = 0;
  if (life.order == WorkerOrder::kStop) return signal(life, now);
  enter(life, LifeStep::kProbing, now);
  return {Probe{life.id}};
}

Actions spawn_failed(WorkerLife& life, std::string reason, bool hopeless, Instant now) {
  if (life.step != LifeStep::kSpawning) return {};
  if (life.order == WorkerOrder::kStop) {
    enter(life, LifeStep::kEnded, now);
    life.reason = std::move(reason);
  } else if (hopeless) {
    enter(life, LifeStep::kRefused, now);
    life.failures += 1;
    life.reason = std::move(reason);
  } else {
    back_off(life, std::move(reason), now);
  }
  return {};
}

Actions probe_passed(WorkerLife& life, Instant now) {
  if (life.step != LifeStep::kProbing) return {};
  enter(life, LifeStep::kReady, now);
  life.start_time = now - life.started;
  life.was_ready = true;
  life.reason.clear();
  life.last_output.clear();
  return {};
}

Actions probe_failed(WorkerLife& life, std::string reason, Instant now) {
  if (life.step != LifeStep::kProbing) return {};
  enter(life, LifeStep::kFailing, now);
  life.reason = std::move(reason);
  return {KillGroup{life.id}};
}

Actions ended(WorkerLife& life, wire::Exit exit, std::vector<std::string> last_output,
              Instant now) {
  if (life.pid == 0) return {};
  Actions actions;
  if (life.step == LifeStep::kProbing) actions.push_back(StopProbe{life.id});
  // The leader is gone; what it forked may still hold the port.
  actions.push_back(KillGroup{life.id});
  const bool was_healthy = life.step == LifeStep::kReady && now - life.since >= kHealthyAfter;
  if (was_healthy) life.failures = 0;
  life.last_exit = exit;
  life.last_output = std::move(last_output);
  life.pid = 0;
  life.start_ticks = 0;
  if (life.order == WorkerOrder::kStop) {
    enter(life, LifeStep::kEnded, now);
  } else if (life.step == LifeStep::kFailing) {
    back_off(life, life.reason, now);
  } else {
    back_off(life, end_sentence(life, exit), now);
  }
  return actions;
}

Actions port_is_quiet(WorkerLife& life, Instant now) {
  if (life.step != LifeStep::kAwaitingQuiet) return {};
  return signal(life, now);
}

Actions stop(WorkerLife& life, bool wait_for_quiet, Instant now) {
  life.order = WorkerOrder::kStop;
  switch (life.step) {
    case LifeStep::kBackingOff:
    case LifeStep::kRefused:
      enter(life, LifeStep::kEnded, now);
      return {};
    case LifeStep::kProbing:
    case LifeStep::kReady: {
      Actions actions;
      if (life.step == LifeStep::kProbing) actions.push_back(StopProbe{life.id});
      if (wait_for_quiet) {
        enter(life, LifeStep::kAwaitingQuiet, now);
        actions.push_back(WatchQuiet{life.id});
        return actions;
      }
      for (RosterAction& action : signal(life, now)) actions.push_back(std::move(action));
      return actions;
    }
    case LifeStep::kAwaitingQuiet:
      return wait_for_quiet ? Actions{} : signal(life, now);
    default:
      return {};  // the answer to the spawn or the end that is on its way finds the order
  }
}

// The process of a former agent's worker was found alive (or its record says that it had none).
// What was going on when that agent ended is taken up again.
Actions adopted(WorkerLife& life, Instant now) {
  if (life.pid == 0) {
    const bool settled = is_over(life) || life.step == LifeStep::kBackingOff;
    if (settled) return {};
    if (life.order == WorkerOrder::kStop) {
      enter(life, LifeStep::kEnded, now);
    } else {
      back_off(life, "its start was cut short when the agent ended", now);
    }
    return {};
  }
  if (life.incarnations == 0) life.incarnations = 1;
  if (is_stopping(life.step) || life.order == WorkerOrder::kStop) {
    life.order = WorkerOrder::kStop;
    if (life.step == LifeStep::kAwaitingQuiet) return {WatchQuiet{life.id}};
    return signal(life, now);
  }
  if (life.step == LifeStep::kReady) return {};
  if (life.step == LifeStep::kFailing) return {KillGroup{life.id}};
  enter(life, LifeStep::kProbing, now);
  return {Probe{life.id}};
}

Actions time_went_by(WorkerLife& life, double jitter, Instant now) {
  switch (life.step) {
    case LifeStep::kReady:
      if (now - life.since >= kHealthyAfter) life.failures = 0;
      return {};
    case LifeStep::kBackingOff:
      if (!life.retry_at) life.retry_at = life.since + backoff_for(life.failures, jitter);
      return {};
    case LifeStep::kAwaitingQuiet:
      return now - life.since >= life.spec.stop.drain ? signal(life, now) : Actions{};
    case LifeStep::kSignalled:
      if (now - life.since < life.spec.stop.grace) return {};
      enter(life, LifeStep::kKilled, now);
      return {KillGroup{life.id}};
    case LifeStep::kFailing:
    case LifeStep::kKilled:
      if (now - life.since < kKillAgainAfter) return {};
      life.since = now;
      return {KillGroup{life.id}};
    default:
      return {};
  }
}

bool is_due(const WorkerLife& life, Instant now) {
  return life.step == LifeStep::kBackingOff && life.retry_at && *life.retry_at <= now;
}

std::optional<Instant> next_due(const WorkerLife& life) {
  switch (life.step) {
    case LifeStep::kBackingOff:
      return life.retry_at.value_or(life.since);
    case LifeStep::kAwaitingQuiet:
      return life.since + life.spec.stop.drain;
    case LifeStep::kSignalled:
      return life.since + life.spec.stop.grace;
    case LifeStep::kFailing:
    case LifeStep::kKilled:
      return life.since + kKillAgainAfter;
    default:
      return std::nullopt;
  }
}

bool is_over(const WorkerLife& life) {
  return life.step == LifeStep::kEnded || life.step == LifeStep::kRefused;
}

wire::WorkerPhase phase_for(LifeStep step) {
  switch (step) {
    case LifeStep::kSpawning:
    case LifeStep::kProbing:
      return wire::WorkerPhase::kStarting;
    case LifeStep::kReady:
      return wire::WorkerPhase::kReady;
    case LifeStep::kFailing:
    case LifeStep::kBackingOff:
      return wire::WorkerPhase::kBackingOff;
    case LifeStep::kAwaitingQuiet:
    case LifeStep::kSignalled:
    case LifeStep::kKilled:
      return wire::WorkerPhase::kStopping;
    case LifeStep::kEnded:
      return wire::WorkerPhase::kEnded;
    case LifeStep::kRefused:
      break;
  }
  return wire::WorkerPhase::kRefused;
}

wire::WorkerReport report_for(const WorkerLife& life, Instant now) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  wire::WorkerReport report;
  report.id = life.id;
  report.service = life.service;
  report.release = life.release;
  report.phase = phase_for(life.step);
  report.address = {life.host, life.port};
  report.pid = life.pid;
  if (life.start_time) {
    report.start_ms =
        static_cast<std::uint64_t>(duration_cast<milliseconds>(*life.start_time).count());
  }
  const Duration age = now > life.since ? now - life.since : Duration::zero();
  report.phase_age_ms = static_cast<std::uint64_t>(duration_cast<milliseconds>(age).count());
  report.failures = life.failures;
  report.last_exit = life.last_exit;
  report.reason = life.reason;
  report.last_output = life.last_output;
  return report;
}

}  // namespace foretide::agent
