// How a service stands as the rules know it: what it is set to, and what was decided of it so far.
//
// Together with the situation of a moment (see situation.hpp) this is all that a decision is made
// of, and it changes by decisions alone; so a recorded run can be decided again, and must come out
// the same (see replay.hpp). What else is known of a service is in its record.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/ids.hpp"
#include "common/settings/cluster.hpp"
#include "common/time.hpp"
#include "coordinator/core/reversals.hpp"

namespace foretide::coordinator {

// A decision that gave a signal a worker.
struct SignalRise {
  Instant at{};
  std::uint32_t workers = 0;  // that it asked for and got
  friend bool operator==(const SignalRise&, const SignalRise&) = default;
};

// What decisions leave behind for those that follow.
struct Decided {
  std::optional<std::uint32_t> desired;  // absent: nothing was decided yet
  std::optional<Instant> last_up, last_down, panic_until;
  Reversals reversals;
  std::map<std::string, SignalRise> rises;  // the last one of each signal, by its name
  friend bool operator==(const Decided&, const Decided&) = default;
};

struct ServiceStanding : Decided {
  ServiceId id;
  std::optional<ServiceSettings> settings;  // absent: no longer in the cluster file
};

}  // namespace foretide::coordinator
