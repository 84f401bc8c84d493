// What a starting agent finds of its former life: which of the recorded workers still run, and
// which ended meanwhile. A worker is adopted only when everything in its record matches the process
// (see process_group.hpp). One whose record was written and whose pid was not (the agent died
// between the fork and the note of it) is searched for by its mark. What is left of a worker whose
// leader is gone, and carries its mark, is killed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/worker_roster.hpp"
#include "agent/io/process_runner.hpp"
#include "agent/io/worker_records.hpp"

namespace foretide::agent {

struct Adoption {
  std::vector<RosterEvent> events;     // Adopted for each record, and Ended for those that are gone
  std::vector<std::string> sentences;  // for the log, where a process was not adopted
};

Adoption adopt(const std::vector<WorkerRecord>& records, ProcessRunner& runner,
               const ProcTree& tree, const std::string& boot_id, Instant now);

// For a worker whose record cannot be read: what its process tells, known as the leader of a
// session that writes to the worker's log. It is taken for ready. Where its environment does not
// tell its port either (some programs write their title over it) it is to stop, since nobody could
// be told where it is. Nothing: no such process.
std::optional<WorkerRecord> record_of_running(const WorkerId& id, const std::string& log,
                                              const ProcTree& tree, const std::string& boot_id,
                                              Instant now);

}  // namespace foretide::agent
