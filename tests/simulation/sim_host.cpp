#include "tests/simulation/sim_host.hpp"

#include <vector>

namespace foretide::simulation {

const Process* SimHost::spawn(const WorkerId& id, const ServiceId& service,
                              const ReleaseId& release, std::uint16_t port) {
  const Nature& nature = natures_[service];
  if (const Process* other = find(id)) {
    ground_.verdict.broken("one-process-per-worker", "worker " + id.text + " is started on " +
                                                         name_ + " although its process " +
                                                         std::to_string(other->pid) + " lives");
  }
  if (random_.chance(nature.spawn_fails)) return nullptr;
  Process process{
      .id = id, .service = service, .release = release, .pid = ++last_pid_, .port = port};
  process.ignores_term = random_.chance(nature.ignores_term);
  Process& entered = processes_[process.pid] = process;
  live(entered, nature);
  return &entered;
}

void SimHost::live(Process& process, const Nature& nature) {
  const std::int64_t pid = process.pid;
  if (!random_.chance(nature.never_ready)) {
    ground_.queue.after(random_.seconds_between(nature.start_min, nature.start_max), [this, pid] {
      if (const auto found = processes_.find(pid); found != processes_.end()) {
        found->second.listens = true;
      }
    });
  }
  if (nature.life_mean > 0.0) {
    ground_.queue.after(Random::seconds(random_.exponential(nature.life_mean)), [this, pid] {
      // Read anew: the time of faults may be over by then.
      const auto found = processes_.find(pid);
      if (found != processes_.end() && natures_[found->second.service].life_mean > 0.0)
        fall_over(pid);
    });
  }
}

const Process* SimHost::find(const WorkerId& id) const {
  for (const auto& [pid, process] : processes_) {
    if (process.id == id) return &process;
  }
  return nullptr;
}

const Process* SimHost::on_port(std::uint16_t port) const {
  for (const auto& [pid, process] : processes_) {
    if (process.port == port) return &process;
  }
  return nullptr;
}

void SimHost::terminate(const WorkerId& id) {
  const Process* process = find(id);
  if (process == nullptr || process->ending || process->ignores_term) return;
  processes_.at(process->pid).ending = true;
  end_after(random_.between(0.0, natures_[process->service].stop_max), process->pid,
            {.code = 0, .signal = {}});
}

void SimHost::kill(const WorkerId& id) {
  if (const Process* process = find(id)) end_after(0.002, process->pid, {.code = {}, .signal = 9});
}

void SimHost::fall_over(std::int64_t pid) {
  end(pid, {.code = 1, .signal = {}});
}

void SimHost::lose_power() {
  std::vector<std::int64_t> pids;
  for (const auto& [pid, process] : processes_) pids.push_back(pid);
  for (const std::int64_t pid : pids) end(pid, {});
}

void SimHost::end_after(double seconds, std::int64_t pid, wire::Exit exit) {
  ground_.queue.after(Random::seconds(seconds), [this, pid, exit] { end(pid, exit); });
}

void SimHost::end(std::int64_t pid, const wire::Exit& exit) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return;
  const Process process = found->second;
  processes_.erase(found);
  ground_.history.note(name_, [&] {
    return "process " + std::to_string(pid) + " of " + process.id.text + " ends" +
           (exit.code ? " with code " + std::to_string(*exit.code) : "") +
           (exit.signal ? " by signal " + std::to_string(*exit.signal) : "");
  });
  for (const OnEnd& on_end : on_end_) on_end(process, exit);
}

}  // namespace foretide::simulation
