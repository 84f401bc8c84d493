#include "tests/simulation/sim_agent.hpp"

#include <algorithm>
#include <utility>

namespace foretide::simulation {
namespace {

using agent::LifeStep;
constexpr Duration kTick = std::chrono::milliseconds(250);
constexpr Duration kReportPeriod = std::chrono::seconds(1);
constexpr Duration kProbePeriod = std::chrono::milliseconds(100);

}  // namespace

SimAgent::SimAgent(Ground& ground, SimHost& host, const Connections& connections, Safety& safety,
                   agent::PortRange ports, Duration clock_offset)
    : ground_(ground),
      host_(host),
      connections_(connections),
      safety_(safety),
      ports_(ports),
      random_(ground.random.fork()),
      omissions_(Random(random_).fork()),
      program_(ground.queue, host.name(), clock_offset),
      uplink_(ground, program_, [this] { introduce(); }) {
  host_.watch_ends(
      [this](const Process& process, const wire::Exit& exit) { on_end(process, exit); });
}

void SimAgent::start() {
  program_.start();
  ground_.history.note(host_.name(), [] { return std::string("agent starts"); });
  roster_.emplace(ports_, given_up_ports_);
  applied_ = {};
  adopt();
  uplink_.begin(highest_epoch_);
  program_.every(kTick, [this] { feed(agent::Tick{random_.uniform()}); });
  program_.every(kReportPeriod, [this] {
    uplink_.tick();
    report();
    sample();
  });
}

void SimAgent::crash() {
  ground_.history.note(host_.name(), [] { return std::string("agent ends"); });
  program_.crash();
  roster_.reset();
}

void SimAgent::adopt() {
  const std::map<WorkerId, agent::WorkerLife> records = records_;
  for (const auto& [id, life] : records) {
    feed(agent::Adopted{life});
    const Process* process = host_.find(id);
    const bool lives = process != nullptr && process->pid == life.pid;
    if (life.pid != 0 && !lives) feed(agent::Ended{id, {}, {}});
  }
}

void SimAgent::introduce() {
  wire::Hello hello{.role = wire::Role::kAgent, .name = host_.name(), .version = "sim"};
  hello.boot_id = "boot";
  hello.highest_epoch = uplink_.epoch();
  hello.address = host_.address();
  hello.cpus = 8.0;
  hello.memory_bytes = 16ULL << 30;
  uplink_.send(Lane::kControl, std::move(hello));
  report();
}

void SimAgent::report() {
  wire::NodeReport report = roster_->report(program_.now());
  for (wire::WorkerReport& worker : report.workers) worker.address.host = host_.address();
  report.applied = applied_;
  uplink_.send(Lane::kControl, std::move(report));
}

void SimAgent::sample() {
  wire::NodeSample sample;
  sample.host.cpu_usage = 0.2;
  sample.host.memory_bytes = 16ULL << 30;
  sample.host.memory_available_bytes = 12ULL << 30;
  uplink_.send(Lane::kTelemetry, std::move(sample));
}

void SimAgent::receive(const Arrived& arrived) {
  if (const auto* welcome = std::get_if<wire::Welcome>(&arrived.message.body)) {
    uplink_.heard(welcome->epoch, welcome);
  } else if (const auto* set = std::get_if<wire::DesiredSet>(&arrived.message.body)) {
    uplink_.heard(set->stamp.epoch, nullptr);
    obey(*set);
  } else if (const auto* refusal = std::get_if<wire::Refusal>(&arrived.message.body)) {
    ground_.history.note(host_.name(), [&] { return "refused: " + refusal->reason; });
    if (refusal->final) {
      ground_.verdict.broken("refused", host_.name() + " was refused for good: " + refusal->reason);
    }
  }
  highest_epoch_ = std::max(highest_epoch_, uplink_.epoch());
}

// As from a coordinator that forgets: now and then a set leaves out a worker that runs here.
void SimAgent::leave_one_out(wire::DesiredSet& set) {
  constexpr double kForgetful = 0.02;
  if (set.stamp <= applied_ || set.workers.empty() || !omissions_.chance(kForgetful)) return;
  const auto victim =
      set.workers.begin() + static_cast<std::ptrdiff_t>(omissions_.below(set.workers.size()));
  const agent::WorkerLife* life = life_of(victim->id);
  if (victim->order != wire::WorkerOrder::kRun || life == nullptr || agent::is_over(*life)) return;
  ground_.history.note(host_.name(), [&] {
    return "set " + text_of(set.stamp) + " is made to leave out " + victim->id.text;
  });
  set.workers.erase(victim);
}

void SimAgent::obey(wire::DesiredSet set) {
  leave_one_out(set);
  const Stamp said = set.stamp;
  const Stamp before = roster_->applied();
  if (ground_.broken == Broken::kFencing && said < applied_) {
    set.stamp = {before.epoch, before.revision + 1};
  }
  if (ground_.broken == Broken::kAbsence && said > applied_) {
    for (const auto& [id, life] : roster_->workers()) {
      if (agent::is_over(life)) continue;
      const auto names = [&](const wire::DesiredWorker& worker) { return worker.id == id; };
      if (std::any_of(set.workers.begin(), set.workers.end(), names)) continue;
      set.workers.push_back({id, life.service, life.release, wire::WorkerOrder::kStop, false});
    }
  }
  // Held before the roster acts, since its reports tell of it.
  const Stamp newest = applied_;
  if (set.stamp > before) applied_ = said;
  feed(agent::SetArrived{std::move(set)});
  if (roster_->applied() == before) return;
  ground_.history.note(host_.name(), [&] { return "applied set " + text_of(said); });
  if (said < newest) {
    ground_.verdict.broken("stamp-regression", host_.name() + " applied set " + text_of(said) +
                                                   " after " + text_of(newest));
  }
}

void SimAgent::feed(const agent::RosterEvent& event) {
  const unsigned life = program_.life();
  for (const agent::RosterAction& action : roster_->apply(event, program_.now())) {
    std::visit([this](const auto& one) { carry_out(one); }, action);
    if (program_.life() != life) return;
  }
  given_up_ports_ = roster_->free_ports_oldest_first();
}

void SimAgent::carry_out(const agent::Spawn& action) {
  program_.after(random_.seconds_between(0.0, 0.02), [this, id = action.id, port = action.port] {
    const agent::WorkerLife* life = life_of(id);
    if (life != nullptr && life->step == LifeStep::kSpawning && life->port == port)
      start_process(id, port);
  });
}

void SimAgent::start_process(const WorkerId& id, std::uint16_t port) {
  if (host_.on_port(port) != nullptr) {
    feed(agent::PortTaken{id});
    return;
  }
  const agent::WorkerLife life = *life_of(id);
  safety_.about_to_spawn(host_, id, port);
  const Process* process = host_.spawn(id, life.service, life.release, port);
  ground_.history.note(host_.name(), [&] {
    return "starts " + id.text + " on port " + std::to_string(port) +
           (process == nullptr ? ": failed" : " as " + std::to_string(process->pid));
  });
  if (process == nullptr) {
    const bool hopeless = random_.chance(host_.nature_of(life.service).hopeless);
    feed(agent::SpawnFailed{id, hopeless ? "command not found" : "no memory", hopeless});
  } else {
    feed(agent::Spawned{id, process->pid, 1});
  }
}

void SimAgent::carry_out(const agent::Probe& action) {
  const agent::WorkerLife& life = *life_of(action.id);
  probe(action.id, life.pid, life.started + life.spec.start.timeout);
}

void SimAgent::probe(const WorkerId& id, std::int64_t pid, Instant until) {
  program_.after(kProbePeriod, [this, id, pid, until] {
    const agent::WorkerLife* life = life_of(id);
    if (life == nullptr || life->pid != pid || life->step != LifeStep::kProbing) return;
    const Process* process = host_.find(id);
    if (process != nullptr && process->listens) {
      ground_.history.note(host_.name(), [&] { return id.text + " is ready"; });
      feed(agent::ProbePassed{id});
    } else if (program_.now() >= until) {
      feed(agent::ProbeFailed{id, "not ready in time"});
    } else {
      probe(id, pid, until);
    }
  });
}

void SimAgent::carry_out(const agent::WatchQuiet& action) {
  watch_quiet(action.id);
}

void SimAgent::watch_quiet(const WorkerId& id) {
  program_.after(kProbePeriod, [this, id] {
    const agent::WorkerLife* life = life_of(id);
    if (life == nullptr || life->step != LifeStep::kAwaitingQuiet) return;
    if (connections_.open_on({host_.address(), life->port}) == 0) {
      feed(agent::PortIsQuiet{id});
    } else {
      watch_quiet(id);
    }
  });
}

void SimAgent::carry_out(const agent::Signal& action) {
  ground_.history.note(host_.name(), [&] { return "signals " + action.id.text; });
  const agent::WorkerLife& life = *life_of(action.id);
  safety_.about_to_signal(host_, action.id, Safety::Why::kStop, life.spec.stop.drain);
  host_.terminate(action.id);
}

void SimAgent::carry_out(const agent::KillGroup& action) {
  const agent::WorkerLife& life = *life_of(action.id);
  const bool start_failed = life.step == LifeStep::kFailing;
  safety_.about_to_signal(host_, action.id,
                          start_failed ? Safety::Why::kStartFailed : Safety::Why::kStop,
                          life.spec.stop.drain);
  host_.kill(action.id);
}

void SimAgent::carry_out(const agent::Remember& action) {
  if (const agent::WorkerLife* life = life_of(action.id)) records_[action.id] = *life;
}

void SimAgent::carry_out(const agent::Forget& action) {
  records_.erase(action.id);
}

void SimAgent::on_end(const Process& process, const wire::Exit& exit) {
  if (!program_.is_up()) return;
  program_.after(Duration::zero(), [this, id = process.id, pid = process.pid, exit] {
    const agent::WorkerLife* life = life_of(id);
    if (life != nullptr && life->pid == pid) feed(agent::Ended{id, exit, {"last words"}});
  });
}

const agent::WorkerLife* SimAgent::life_of(const WorkerId& id) const {
  const auto found = roster_->workers().find(id);
  return found == roster_->workers().end() ? nullptr : &found->second;
}

}  // namespace foretide::simulation
