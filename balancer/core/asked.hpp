// What a choice is asked for: a request, and who else waits.
#pragma once

#include <cstdint>
#include <optional>

#include "balancer/core/prefix_memory.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

struct Endpoint;

// What a request brings along for the policies that want it.
struct PickKey {
  std::optional<std::uint64_t> hash;  // key_hash() of the text that `balance.key` names
  Prefix prefix;                      // of its body
};

struct Asked {
  enum class May : std::uint8_t {
    kWait,     // keep it back where waiting promises more
    kNotWait,  // an endpoint now, whatever was learned; `capacity.hard` holds
    kLeaveIt,  // as kWait, but nobody takes it: nothing is granted beyond what was learned
  };

  const PickKey* key = nullptr;
  const Endpoint* avoid = nullptr;  // where another one may take it; only compared
  std::uint32_t waiting = 1;        // requests of the service that wait, this one among them
  std::uint32_t in_flight = 0;      // requests of the service at workers
  Duration waited{};                // the oldest
  May may = May::kWait;
};

}  // namespace foretide::balancer
