// What the codec accepts at most, from anybody. Each number is the largest honest message with room
// to spare: a node of 500 workers, a service of 500 endpoints, 500 releases in one set. A message
// beyond a limit is an Error and is dropped as a whole; whoever builds messages keeps below (long
// worker output is cut by the agent, not here). In memory a message takes at most about 24 times
// its bytes while it is decoded, and `zmq_channel.hpp` bounds the bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace foretide::wire {

inline constexpr std::size_t kArrayItemsMax = 4096;
inline constexpr std::size_t kMapKeysMax = 1024;
inline constexpr std::size_t kStringBytesMax = 64 * 1024;
inline constexpr std::size_t kDepthMax =
    16;  // containers within containers; the deepest of ours is 7

// Durations travel in milliseconds; more than ten years is no duration that anybody meant, and
// keeps arithmetic on a clock from overflowing.
inline constexpr std::chrono::milliseconds kDurationMax = std::chrono::hours{24 * 3653};

// Control messages and telemetry messages as bytes; the sockets cut off a peer that sends more.
inline constexpr std::size_t kControlBytesMax = 1024 * 1024;
inline constexpr std::size_t kTelemetryBytesMax = 256 * 1024;

}  // namespace foretide::wire
