// A count of a service's workers, made once for everything that needs one: what serves, what comes
// up, what fails, what leaves. Workers on lost nodes are left out: they count neither as capacity
// nor as too many. The pointers are good until a worker enters or is forgotten.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

struct Census {
  using Workers = std::vector<WorkerRecord*>;

  Workers current;     // serving, of the present release, on a node that may keep them
  Workers old;         // serving, to be replaced: of another release, or on a node being drained
  Workers overdue;     // of the present release, starting for too long: counted nowhere else
  Workers recallable;  // draining, but ready and otherwise like the current ones
  std::uint32_t ready = 0, starting = 0, failing = 0;  // of current and old
  std::uint32_t failing_current = 0, starting_current = 0;
  std::uint32_t of_other_release = 0;  // of the old ones; the rest leave because of their node
  std::uint32_t leaving = 0;           // on their way out, wherever they are

  std::uint32_t serving() const { return static_cast<std::uint32_t>(current.size() + old.size()); }
};

Census census_of(const Turn& turn, ServiceRecord& service);

}  // namespace foretide::coordinator
