// What the agent must know again after its own restart: one JSON file per worker, written before
// the worker's process is started and at each change of its life, and one file for the node (ports
// in the order in which they were given up, the highest epoch seen, so that a coordinator that lost
// its store is still told what came before).
//
// Each write replaces the whole file by rename, so a reader finds the old or the new one. Nothing
// is flushed to the disk: the records speak of processes, which no power cut outlives. A file that
// cannot be read is reported and left alone. Environment references stand in them unresolved: no
// secret is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/core/worker_life.hpp"
#include "common/result.hpp"

namespace foretide::agent {

struct WorkerRecord {
  WorkerLife life;
  std::string boot_id;  // of its instants and its pid
  std::string mark;     // of its present or last start
};

struct NodeMemory {
  std::uint64_t highest_epoch = 0;
  std::vector<std::uint16_t> given_up_ports;
  std::string address{};  // the node's, when it was last connected
  friend bool operator==(const NodeMemory&, const NodeMemory&) = default;
};

class WorkerRecords {
 public:
  // Makes the folder <state>/workers, readable by nobody else.
  static Result<WorkerRecords> open(const std::string& state);

  const std::string& folder() const { return folder_; }
  Outcome write(const WorkerRecord& record) const;
  Outcome remove(const WorkerId& id) const;
  struct Found {
    std::vector<WorkerRecord> records;
    std::vector<std::string> problems;  // sentences, one for each file that cannot be read
    std::vector<WorkerId> unreadable;   // whose those files are, by their names
  };
  Found read_all() const;

  Outcome write_memory(const NodeMemory& memory) const;
  // A memory that is not there, or cannot be read, is an empty one.
  NodeMemory read_memory() const;

 private:
  WorkerRecords(std::string state, std::string folder)
      : state_(std::move(state)), folder_(std::move(folder)) {}
  std::string state_, folder_;
};

// An id that may become part of a file's name: letters, digits, '.', '-', '_', not led by a dot, up
// to 128.
bool is_plain(const WorkerId& id);

std::string text_of(const WorkerRecord& record);
Result<WorkerRecord> record_in(const std::string& text);

}  // namespace foretide::agent
