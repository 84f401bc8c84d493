// The life of one worker: where it stands, and what each thing that happens to it leads to.
//
//   kSpawning -> kProbing -> kReady
//        \          |  \______ |  ended by itself: kBackingOff -> kSpawning, on the same port
//         \         | probe's time over: kFailing (killed) -> kBackingOff
//          hopeless: kRefused, for good
//   told to stop, wherever it stands:
//        [kAwaitingQuiet ->] kSignalled -> [kKilled ->] kEnded
//
// A stop is never taken back: the coordinator makes a new worker under a new id instead. A worker
// is restarted for ever while it is to run, but never in a tight loop (see backoff.hpp), and
// whatever it left behind in its process group is killed before its next start. A value without
// clock or process; the functions below change it and answer with what the shell must do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/roster_action.hpp"
#include "common/ids.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

enum class LifeStep : std::uint8_t {
  kSpawning = 1,       // its start was asked for and not answered yet
  kProbing = 2,        // runs, has not passed its start probe
  kReady = 3,          // passed it
  kFailing = 4,        // was not ready in time; killed, not gone yet
  kBackingOff = 5,     // gone; starts again at `retry_at`
  kAwaitingQuiet = 6,  // to stop once no connection is left on its port, or its drain is over
  kSignalled = 7,      // got its stop signal; has its grace to end
  kKilled = 8,         // grace over, group killed, not gone yet
  kEnded = 9,          // gone for good
  kRefused = 10,       // cannot be started here
};

struct WorkerLife {
  WorkerId id;
  ServiceId service;
  ReleaseId release;
  WorkerSpec spec;
  wire::WorkerOrder order = wire::WorkerOrder::kRun;
  LifeStep step = LifeStep::kSpawning;
  std::string host;        // what it was told as {host}; empty until it is started
  std::uint16_t port = 0;  // 0: none chosen yet
  std::int64_t pid = 0;    // 0: no process
  std::uint64_t start_ticks = 0;
  Instant since{};                     // entered this step
  Instant started{};                   // exec of the present incarnation
  std::optional<Duration> start_time;  // exec to ready, of the present incarnation
  std::optional<Instant> retry_at;     // kBackingOff; absent until the next tick brings the jitter
  bool was_ready = false;              // in some incarnation: balancers may know its address
  std::uint32_t incarnations = 0;      // times that a process was started for it
  std::uint32_t failures = 0;          // ends and failed starts in a row
  std::uint32_t ports_taken = 0;       // ports in a row that somebody else held
  std::optional<wire::Exit> last_exit;
  std::string reason;  // a sentence, when something is wrong
  std::vector<std::string> last_output;

  friend bool operator==(const WorkerLife&, const WorkerLife&) = default;
};

// SIGKILL that seems to have no effect is repeated this often (a worker can hang in the kernel).
inline constexpr Duration kKillAgainAfter = std::chrono::seconds(5);

// What happens to one worker; the roster has found it by its id. `start` wants a port chosen.
Actions start(WorkerLife& life, Instant now);
Actions spawned(WorkerLife& life, std::int64_t pid, std::uint64_t start_ticks, Instant now);
Actions spawn_failed(WorkerLife& life, std::string reason, bool hopeless, Instant now);
Actions probe_passed(WorkerLife& life, Instant now);
Actions probe_failed(WorkerLife& life, std::string reason, Instant now);
Actions ended(WorkerLife& life, wire::Exit exit, std::vector<std::string> last_output, Instant now);
Actions port_is_quiet(WorkerLife& life, Instant now);
Actions stop(WorkerLife& life, bool wait_for_quiet, Instant now);
Actions adopted(WorkerLife& life, Instant now);
Actions time_went_by(WorkerLife& life, double jitter, Instant now);

// It waits for a start and its back-off is over.
bool is_due(const WorkerLife& life, Instant now);
// When `time_went_by` or `start` has something to do, if nothing else happens before.
std::optional<Instant> next_due(const WorkerLife& life);
// No process is left and none will be started.
bool is_over(const WorkerLife& life);

wire::WorkerPhase phase_for(LifeStep step);
wire::WorkerReport report_for(const WorkerLife& life, Instant now);

}  // namespace foretide::agent
