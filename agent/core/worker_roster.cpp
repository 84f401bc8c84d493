#include "agent/core/worker_roster.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "common/wire/limits.hpp"

namespace foretide::agent {
namespace {

using wire::WorkerOrder;

// A start may walk past this many ports that other programs hold before it pauses. A worker that
// was ready once keeps to its own port, where balancers look for it, and gives it up only after a
// few tries.
constexpr std::uint32_t kPortsTriedAtOnce = 1000;
constexpr std::uint32_t kTriesOnOwnPort = 3;
// A worker that ended without an entry in the set is reported for a while, then forgotten.
constexpr Duration kReportMissingEnd = std::chrono::seconds(5);

// Of a report's workers together; the first by id keep theirs. Half of what a message may hold, the
// rest is for what every worker has.
constexpr std::size_t kOutputBytesMax = wire::kControlBytesMax / 2;

void append(Actions& to, Actions from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

// What a later life of the agent needs to know, so that a change of it is written down.
bool differs_on_disk(const WorkerLife& a, const WorkerLife& b) {
  return a.step != b.step || a.order != b.order || a.port != b.port || a.pid != b.pid ||
         a.start_ticks != b.start_ticks || a.failures != b.failures ||
         a.incarnations != b.incarnations || a.release != b.release || a.host != b.host ||
         a.spec != b.spec;
}

// Puts the writing of the record first and the report last, where the change calls for them.
Actions noted(const WorkerLife& before, const WorkerLife& after, Actions actions) {
  if (differs_on_disk(before, after)) actions.insert(actions.begin(), Remember{after.id});
  const bool ended_now = before.pid != 0 && after.pid == 0;
  if (phase_for(before.step) != phase_for(after.step) || before.reason != after.reason ||
      ended_now) {
    actions.push_back(Report{});
  }
  return actions;
}

// One report at the end says as much as several on the way.
Actions with_one_report(Actions actions) {
  const auto is_report = [](const RosterAction& action) {
    return std::holds_alternative<Report>(action);
  };
  if (std::erase_if(actions, is_report) > 0) actions.push_back(Report{});
  return actions;
}

Actions happened(WorkerLife& life, const Spawned& event, Instant now) {
  return spawned(life, event.pid, event.start_ticks, now);
}
Actions happened(WorkerLife& life, const SpawnFailed& event, Instant now) {
  return spawn_failed(life, event.reason, event.hopeless, now);
}
Actions happened(WorkerLife& life, const ProbePassed&, Instant now) {
  return probe_passed(life, now);
}
Actions happened(WorkerLife& life, const ProbeFailed& event, Instant now) {
  return probe_failed(life, event.reason, now);
}
Actions happened(WorkerLife& life, const Ended& event, Instant now) {
  return ended(life, event.exit, event.last_output, now);
}
Actions happened(WorkerLife& life, const PortIsQuiet&, Instant now) {
  return port_is_quiet(life, now);
}

}  // namespace

WorkerRoster::WorkerRoster(PortRange ports, const std::vector<std::uint16_t>& given_up_ports)
    : ports_(ports, given_up_ports) {}

Actions WorkerRoster::apply(const RosterEvent& event, Instant now) {
  return with_one_report(std::visit([&](const auto& one) { return on(one, now); }, event));
}

template <class OneWorkers>
Actions WorkerRoster::on(const OneWorkers& event, Instant now) {
  const auto found = workers_.find(event.id);
  if (found == workers_.end()) return {};
  const WorkerLife before = found->second;
  Actions actions;
  if constexpr (std::is_same_v<OneWorkers, PortTaken>) {
    actions = choose_again(found->second, now);
  } else {
    actions = happened(found->second, event, now);
  }
  return noted(before, found->second, std::move(actions));
}

Actions WorkerRoster::on(const SetArrived& event, Instant now) {
  if (event.set.stamp < applied_) return {};
  Actions actions;
  if (event.set.stamp > applied_) {
    applied_ = event.set.stamp;
    starts_are_held_ = false;
    mentioned_.clear();
    for (const wire::DesiredWorker& wanted : event.set.workers) {
      if (mentioned_.insert(wanted.id).second) append(actions, obey(wanted, event.set, now));
    }
    append(actions, forget_what_is_over(Instant::max()));
  }
  actions.push_back(Report{});
  return actions;
}

Actions WorkerRoster::obey(const wire::DesiredWorker& wanted, const wire::DesiredSet& set,
                           Instant now) {
  const auto found = workers_.find(wanted.id);
  if (found == workers_.end()) return begin(wanted, set, now);
  WorkerLife& life = found->second;
  const WorkerLife before = life;
  Actions actions;
  if (wanted.order == WorkerOrder::kStop) {
    actions = stop(life, wanted.wait_for_quiet, now);
  } else if (life.order == WorkerOrder::kStop) {
    life.reason = "was told to stop, and a stop is not taken back";
  } else if (wanted.release != life.release) {
    life.reason = "runs release " + life.release.text + "; the set's " + wanted.release.text +
                  " is refused, since a worker keeps its release for life";
  } else if (const auto spec = set.specs.find(wanted.release); spec != set.specs.end()) {
    // How a worker is probed, asked and stopped may change under the same release.
    life.spec.start = spec->second.start;
    life.spec.stop = spec->second.stop;
    life.spec.metrics = spec->second.metrics;
    if (life.step == LifeStep::kReady) life.reason.clear();  // what an earlier set gave cause for
  }
  return noted(before, life, std::move(actions));
}

// A worker that the roster has never heard of. One that is to stop has ended as far as this node
// knows; saying so lets the coordinator finish with it.
Actions WorkerRoster::begin(const wire::DesiredWorker& wanted, const wire::DesiredSet& set,
                            Instant now) {
  WorkerLife& life = workers_[wanted.id];
  life.id = wanted.id;
  life.service = wanted.service;
  life.release = wanted.release;
  life.order = wanted.order;
  life.since = now;
  if (wanted.order == WorkerOrder::kStop) {
    life.step = LifeStep::kEnded;
    return {Remember{life.id}};
  }
  const auto spec = set.specs.find(wanted.release);
  if (spec == set.specs.end()) {
    life.step = LifeStep::kRefused;
    life.reason = "the set does not say what release " + wanted.release.text + " runs";
    return {Remember{life.id}};
  }
  life.spec = spec->second;
  Actions actions{Remember{life.id}};
  append(actions, launch(life, now));
  return actions;
}

Actions WorkerRoster::launch(WorkerLife& life, Instant now) {
  if (life.port == 0) {
    const std::optional<std::uint16_t> port = ports_.take();
    if (!port) {
      // Due again after the longest pause: ports come free when workers are forgotten.
      life.step = LifeStep::kSpawning;
      return spawn_failed(life,
                          "no port is free in " + std::to_string(ports_.range().first) + "-" +
                              std::to_string(ports_.range().last),
                          false, now);
    }
    life.port = *port;
  }
  life.host = host_;
  return start(life, now);
}

Actions WorkerRoster::choose_again(WorkerLife& life, Instant now) {
  if (life.step != LifeStep::kSpawning) return {};
  life.ports_taken += 1;
  const std::string taken = "port " + std::to_string(life.port) + " is held by another program";
  if (life.was_ready && life.ports_taken < kTriesOnOwnPort) {
    return spawn_failed(life, taken, false, now);
  }
  ports_.give_back(life.port);
  life.port = 0;
  if (life.order == WorkerOrder::kStop) return spawn_failed(life, taken, false, now);
  if (life.ports_taken % kPortsTriedAtOnce == 0) {
    return spawn_failed(
        life, taken + ", as were the last " + std::to_string(kPortsTriedAtOnce) + " tried", false,
        now);
  }
  return launch(life, now);
}

Actions WorkerRoster::on(const Adopted& event, Instant now) {
  WorkerLife& life = workers_[event.life.id] = event.life;
  if (life.port != 0) ports_.claim(life.port);
  Actions actions = adopted(life, now);
  return noted(event.life, life, std::move(actions));
}

Actions WorkerRoster::on(const Tick& event, Instant now) {
  constexpr double kGoldenRatio = 0.6180339887498949;
  Actions actions;
  double jitter = event.jitter;
  for (auto& [id, life] : workers_) {
    const WorkerLife before = life;
    // Successive multiples of the golden ratio spread one draw evenly over the workers.
    jitter = std::fmod(jitter + kGoldenRatio, 1.0);
    Actions own = time_went_by(life, jitter, now);
    if (is_due(life, now) && !starts_are_held_) append(own, launch(life, now));
    append(actions, noted(before, life, std::move(own)));
  }
  append(actions, forget_what_is_over(now - kReportMissingEnd));
  return actions;
}

// Drops the workers that are over, that the newest set does not mention, and that ended before
// `bound`.
Actions WorkerRoster::forget_what_is_over(Instant bound) {
  Actions actions;
  for (auto at = workers_.begin(); at != workers_.end();) {
    const WorkerLife& life = at->second;
    if (!is_over(life) || !is_missing(life.id) || life.since > bound) {
      ++at;
      continue;
    }
    if (life.port != 0) ports_.give_back(life.port);
    actions.push_back(Forget{life.id});
    actions.push_back(Report{});
    at = workers_.erase(at);
  }
  return actions;
}

bool WorkerRoster::is_missing(const WorkerId& id) const {
  return applied_ != Stamp{} && !mentioned_.contains(id);
}

std::optional<Instant> WorkerRoster::next_due() const {
  std::optional<Instant> first;
  for (const auto& [id, life] : workers_) {
    std::optional<Instant> due = agent::next_due(life);
    if (starts_are_held_ && life.retry_at) due.reset();
    if (is_over(life) && is_missing(id)) due = life.since + kReportMissingEnd;
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

wire::NodeReport WorkerRoster::report(Instant now) const {
  wire::NodeReport report;
  report.applied = applied_;
  report.workers.reserve(workers_.size());
  std::size_t output_bytes = 0;
  for (const auto& [id, life] : workers_) {
    report.workers.push_back(report_for(life, now));
    std::vector<std::string>& output = report.workers.back().last_output;
    for (const std::string& line : output) output_bytes += line.size();
    if (output_bytes > kOutputBytesMax) output.clear();
    if (is_missing(id) && !is_over(life)) report.missing.push_back(id);
  }
  return report;
}

}  // namespace foretide::agent
