// A pause that somebody ordered by hand for one service: its rules change nothing (`kBoth`), or
// they may only add (`kDown`: in an incident one wants everything that is there, and more when it
// is needed). `min`, `max` and a count given by hand still hold, and a worker that ends is started
// again. It ends by hand or when its time is over.
#pragma once

#include <cstdint>
#include <optional>

#include "common/time.hpp"

namespace foretide::coordinator {

// What is forbidden. The numbers are stored; they never change their meaning.
enum class PauseDirection : std::uint8_t { kBoth = 0, kDown = 1 };

struct Pause {
  PauseDirection direction = PauseDirection::kBoth;
  std::optional<Instant> until;  // absent: for good
};

constexpr const char* name_of(PauseDirection direction) {
  return direction == PauseDirection::kDown ? "down" : "both";
}

}  // namespace foretide::coordinator
