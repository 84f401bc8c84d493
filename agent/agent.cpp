#include "agent/agent.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/io/adoption.hpp"
#include "agent/io/listener.hpp"
#include "common/io/clock.hpp"
#include "common/io/log.hpp"

namespace foretide::agent {

using std::chrono::seconds;

namespace {

const char* words_for(wire::WorkerPhase phase) {
  switch (phase) {
    case wire::WorkerPhase::kStarting:
      return "is starting";
    case wire::WorkerPhase::kReady:
      return "is ready";
    case wire::WorkerPhase::kBackingOff:
      return "waits for its next start";
    case wire::WorkerPhase::kStopping:
      return "is stopping";
    case wire::WorkerPhase::kEnded:
      return "has ended";
    case wire::WorkerPhase::kRefused:
      return "cannot be started here";
  }
  return "is in an unknown phase";
}

}  // namespace

Agent::Agent(boost::asio::io_context& owner, Parts parts, std::function<void(std::string)> on_final)
    : owner_(owner),
      parts_(std::move(parts)),
      on_final_(std::move(on_final)),
      metrics_(owner),
      memory_(parts_.records.read_memory()),
      address_(parts_.settings.address.empty() ? memory_.address : parts_.settings.address),
      roster_({parts_.settings.first_port, parts_.settings.last_port}, memory_.given_up_ports),
      runner_(owner, tree_,
              {parts_.records.folder(), parts_.boot_id, parts_.settings.same_user,
               parts_.worker_descriptors},
              [this](const WorkerId& id, const wire::Exit& exit, std::vector<std::string> output) {
                apply(Ended{id, exit, std::move(output)});
              }),
      random_(std::random_device{}()),
      timer_(owner) {
  roster_.reside_at(address_);
}

Agent::~Agent() = default;

void Agent::start() {
  WorkerRecords::Found found = parts_.records.read_all();
  for (const std::string& problem : found.problems) spdlog::error("record {}; left alone", problem);
  unrecorded_.insert(found.unreadable.begin(), found.unreadable.end());
  for (const WorkerRecord& record : found.records) {
    marks_[record.life.id] = record.mark;
    if (record.boot_id != parts_.boot_id) roster_.hold_starts();
  }
  const Instant now = monotonic_now();
  Adoption adoption = adopt(found.records, runner_, tree_, parts_.boot_id, now);
  for (const std::string& sentence : adoption.sentences) spdlog::warn("{}", sentence);
  for (RosterEvent& event : adoption.events) apply(std::move(event));
  if (!found.records.empty()) {
    spdlog::info("found {} workers of a former agent", found.records.size());
  }
  connect();
  began_ = next_second_ = now;
  tick_later();
}

void Agent::connect() {
  Uplink::Callbacks hear;
  hear.on_set = [this](wire::DesiredSet set) {
    remember_node();  // its epoch, before anything is done by it
    adopt_unrecorded(set);
    apply(SetArrived{std::move(set)});
  };
  hear.on_address = [this](const std::string& address) { resides_at(address); };
  hear.report = [this] { return roster_.report(monotonic_now()); };
  hear.on_refusal = [this](const wire::Refusal& refusal) {
    if (refusal.final) on_final_(refusal.reason);
  };
  const auto memory = sampler_.memory();
  Uplink::Self self{parts_.version, parts_.boot_id,
                    static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN)),
                    memory ? memory->total_bytes : 0, memory_.highest_epoch};
  uplink_ = std::make_unique<Uplink>(owner_, parts_.settings, parts_.keys, std::move(self),
                                     std::move(hear));
}

// The set says what the record would have said, but for the process.
void Agent::adopt_unrecorded(const wire::DesiredSet& set) {
  for (const wire::DesiredWorker& wanted : set.workers) {
    if (unrecorded_.erase(wanted.id) == 0) continue;
    std::optional<WorkerRecord> record = record_of_running(wanted.id, runner_.log_path(wanted.id),
                                                           tree_, parts_.boot_id, monotonic_now());
    if (!record) continue;
    record->life.service = wanted.service;
    record->life.release = wanted.release;
    const auto spec = set.specs.find(wanted.release);
    if (spec != set.specs.end()) record->life.spec = spec->second;
    spdlog::warn("worker {} had no readable record; found it running as pid {}", wanted.id.text,
                 record->life.pid);
    marks_[wanted.id] = record->mark;
    Adoption adoption = adopt({*record}, runner_, tree_, parts_.boot_id, monotonic_now());
    for (RosterEvent& event : adoption.events) apply(std::move(event));
    remember(life_of(wanted.id));
  }
}

void Agent::resides_at(const std::string& address) {
  if (address == address_) return;
  spdlog::info("workers are to be reached at {}", address);
  address_ = address;
  roster_.reside_at(address);
  remember_node();
}

// ---- events and actions ----

void Agent::apply(RosterEvent event) {
  events_.push_back(std::move(event));
  if (is_applying_) return;  // told from within an action: its turn comes
  is_applying_ = true;
  while (!events_.empty()) {
    const RosterEvent next = std::move(events_.front());
    events_.pop_front();
    for (const RosterAction& action : roster_.apply(next, monotonic_now())) {
      std::visit([this](const auto& one) { perform(one); }, action);
    }
  }
  is_applying_ = false;
  if (std::exchange(report_is_due_, false)) report();
  tick_later();
}

const WorkerLife& Agent::life_of(const WorkerId& id) const {
  return roster_.workers().at(id);
}

void Agent::perform(const Spawn& action) {
  const WorkerLife& life = life_of(action.id);
  if (!is_plain(action.id)) {
    return apply(SpawnFailed{action.id, "its id is no plain name", true});
  }
  if (life.host.empty()) {
    return apply(SpawnFailed{action.id, "the address of this node is not known yet", false});
  }
  if (!port_is_free(action.port)) return apply(PortTaken{action.id});
  const std::string mark = ProcessRunner::draw_mark();
  marks_[action.id] = mark;
  const Outcome written = parts_.records.write({life, parts_.boot_id, mark});
  if (!written) return apply(SpawnFailed{action.id, written.error(), false});
  auto outcome = runner_.spawn(action.spec, {life.host, action.port, action.id}, mark);
  if (const auto* identity = std::get_if<ProcessIdentity>(&outcome)) {
    return apply(Spawned{action.id, identity->pid, identity->start_ticks});
  }
  const SpawnProblem& problem = std::get<SpawnProblem>(outcome);
  apply(SpawnFailed{action.id, problem.reason, problem.hopeless});
}

void Agent::perform(const Probe& action) {
  const WorkerLife& life = life_of(action.id);
  StartProbe::Target target;
  target.address = {life.host, life.port};
  target.spec = life.spec.start;
  target.running = monotonic_now() - life.started;
  target.leader = life.pid;
  target.members = [this, id = action.id] { return runner_.members(id); };
  probes_[action.id] = std::make_unique<StartProbe>(
      owner_, tree_, std::move(target), [this, id = action.id](const std::string& failure) {
        probes_.erase(id);
        if (failure.empty()) {
          apply(ProbePassed{id});
        } else {
          apply(ProbeFailed{id, failure});
        }
      });
}

void Agent::perform(const StopProbe& action) {
  probes_.erase(action.id);
}

void Agent::perform(const WatchQuiet& action) {
  quiet_watches_[action.id] =
      std::make_unique<QuietWatch>(owner_, tree_, life_of(action.id).port, [this, id = action.id] {
        quiet_watches_.erase(id);
        apply(PortIsQuiet{id});
      });
}

void Agent::perform(const Signal& action) {
  quiet_watches_.erase(action.id);
  runner_.signal(action.id, action.signal);
}

void Agent::perform(const KillGroup& action) {
  quiet_watches_.erase(action.id);
  runner_.kill_group(action.id);
}

void Agent::perform(const Remember& action) {
  remember(life_of(action.id));
}

void Agent::perform(const Forget& action) {
  runner_.forget(action.id);
  marks_.erase(action.id);
  logged_.erase(action.id);
  const Outcome removed = parts_.records.remove(action.id);
  if (!removed) spdlog::error("{}", removed.error());
  remember_node();
}

void Agent::perform(const Report&) {
  report_is_due_ = true;
}

// ---- what outlives the agent ----

void Agent::remember(const WorkerLife& life) {
  if (!is_plain(life.id)) return;  // it never had a process
  const auto mark = marks_.find(life.id);
  const Outcome written = parts_.records.write(
      {life, parts_.boot_id, mark == marks_.end() ? std::string() : mark->second});
  if (!written) spdlog::error("{}", written.error());
}

void Agent::remember_node() {
  NodeMemory memory{uplink_ ? uplink_->highest_epoch() : memory_.highest_epoch,
                    roster_.free_ports_oldest_first(), address_};
  if (memory == memory_) return;
  memory_ = std::move(memory);
  const Outcome written = parts_.records.write_memory(memory_);
  if (!written) spdlog::error("{}", written.error());
}

// ---- telling the coordinator ----

void Agent::report() {
  wire::NodeReport report = roster_.report(monotonic_now());
  log_changes(report);
  if (uplink_) uplink_->send(std::move(report));
}

void Agent::log_changes(const wire::NodeReport& report) {
  for (const wire::WorkerReport& worker : report.workers) {
    std::string sentence = words_for(worker.phase);
    if (!worker.reason.empty()) sentence += ": " + worker.reason;
    std::string& logged = logged_[worker.id];
    if (logged == sentence) continue;
    logged = sentence;
    const bool is_trouble = worker.phase == wire::WorkerPhase::kBackingOff ||
                            worker.phase == wire::WorkerPhase::kRefused;
    spdlog::log(is_trouble ? spdlog::level::warn : spdlog::level::info, "worker {} {}",
                worker.id.text, sentence);
    if (!is_trouble) continue;
    for (const std::string& line : worker.last_output) {
      spdlog::warn("worker {} said: {}", worker.id.text, line);
    }
  }
}

// ---- time ----

void Agent::tick_later() {
  const std::optional<Instant> due = roster_.next_due();
  const Instant next = due ? std::min(*due, next_second_) : next_second_;
  timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(next));
  // A wait that was over before the agent was destroyed is still called, hence the token.
  timer_.async_wait(
      [this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) tick();
      });
}

void Agent::tick() {
  const Instant now = monotonic_now();
  if (now >= next_second_) each_second();
  apply(Tick{std::uniform_real_distribution<double>(0.0, 1.0)(random_)});
}

void Agent::each_second() {
  const Instant now = monotonic_now();
  next_second_ = std::max(next_second_ + seconds(1), now);
  uplink_->tick();
  report();
  metrics_.look(roster_.workers(), now);
  wire::NodeSample sample = sampler_.sample(roster_.workers(), now);
  metrics_.add_to(sample);
  uplink_->send(std::move(sample));
  runner_.bound_logs();
  remember_node();
  const Instant last_word = std::max(began_, uplink_->last_heard());
  if (uplink_->is_welcomed() || now - last_word >= parts_.word_patience) roster_.allow_starts();
}

}  // namespace foretide::agent
