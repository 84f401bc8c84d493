// The last known good tables on disk, so that a balancer serves although no coordinator answers.
//
// One file, replaced as a whole: a line that names the format, a checksum, and the tables as the
// wire carries them. It is on the disk before a table is acknowledged: once the coordinator may
// reuse a port, no restart brings the port's former owner back. A file that does not check out is
// left alone and not used.
#pragma once

#include <string>

#include "balancer/core/held_tables.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

class TableStore {
 public:
  explicit TableStore(std::string path) : path_(std::move(path)) {}

  Outcome save(const HeldTables& tables) const;
  // Empty tables when there is no file.
  Result<HeldTables> load() const;

 private:
  std::string path_;
};

}  // namespace foretide::balancer
