#include "agent/io/adoption.hpp"

#include <utility>

#include "agent/io/launch.hpp"
#include "agent/proc/text.hpp"

namespace foretide::agent {
namespace {

// Before a reboot: its pid means nothing and its instants are of another clock.
void leave_former_boot(WorkerLife& life, Instant now) {
  life.since = now;
  life.started = now;
  life.retry_at.reset();
}

bool has_process(const WorkerLife& life) {
  return life.pid != 0 || (life.step == LifeStep::kSpawning && !is_over(life));
}

}  // namespace

Adoption adopt(const std::vector<WorkerRecord>& records, ProcessRunner& runner,
               const ProcTree& tree, const std::string& boot_id, Instant now) {
  Adoption adoption;
  for (const WorkerRecord& record : records) {
    WorkerLife life = record.life;
    const bool is_this_boot = record.boot_id == boot_id;
    if (!is_this_boot) leave_former_boot(life, now);
    if (!has_process(life)) {
      adoption.events.emplace_back(Adopted{std::move(life)});
      continue;
    }
    ProcessIdentity identity{life.id,          record.boot_id, life.pid,
                             life.start_ticks, record.mark,    runner.log_path(life.id)};
    const bool was_written_down = life.pid != 0;
    const bool is_there = is_this_boot && (was_written_down || find_leader(tree, identity));
    const bool is_adopted = is_there && runner.adopt(identity);
    if (is_adopted) {
      life.pid = identity.pid;
      life.start_ticks = identity.start_ticks;
    } else {
      adoption.sentences.push_back("worker " + life.id.text + ", pid " + std::to_string(life.pid) +
                                   ", is gone or is another process by now; not adopted");
      if (is_this_boot) runner.kill_leftovers(identity);
    }
    const WorkerId id = life.id;
    adoption.events.emplace_back(Adopted{std::move(life)});
    if (!is_adopted && was_written_down) adoption.events.emplace_back(Ended{id, {}, {}});
  }
  return adoption;
}

std::optional<WorkerRecord> record_of_running(const WorkerId& id, const std::string& log,
                                              const ProcTree& tree, const std::string& boot_id,
                                              Instant now) {
  for (const std::int64_t pid : tree.pids()) {
    const Result<PidStat> stat = tree.stat(pid);
    const bool leads = stat && stat->is_alive() && stat->session == pid && stat->group == pid;
    if (!leads || tree.output_of(pid) != log) continue;
    WorkerRecord record{{}, boot_id, tree.environment(pid, kMarkVariable).value_or("")};
    WorkerLife& life = record.life;
    life.id = id;
    life.step = LifeStep::kReady;
    life.was_ready = true;
    life.since = life.started = now;
    life.pid = pid;
    life.start_ticks = stat->start_ticks;
    if (tree.environment(pid, kIdVariable) == id.text) {
      life.host = tree.environment(pid, "HOST").value_or("");
      life.port = number_in<std::uint16_t>(tree.environment(pid, "PORT").value_or("")).value_or(0);
    }
    if (life.port == 0) life.order = wire::WorkerOrder::kStop;
    return record;
  }
  return std::nullopt;
}

}  // namespace foretide::agent
