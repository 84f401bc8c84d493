// What a choice is asked for: a request, and who else waits.
#pragma once

#include <cstdint>
#include <optional>

#include "common/time.hpp"

namespace foretide::balancer {

// A request's key as a number (for `hash`); nothing: it has none.
using PickKey = std::optional<std::uint64_t>;

struct Asked {
  enum class May : std::uint8_t {
    kWait,     // keep it back where waiting promises more
    kNotWait,  // an endpoint now, whatever was learned; `capacity.hard` holds
  };

  PickKey key;
  std::uint32_t waiting = 1;    // requests of the service that wait, this one among them
  std::uint32_t in_flight = 0;  // requests of the service at workers
  Duration waited{};            // the oldest
  May may = May::kWait;
};

}  // namespace foretide::balancer
