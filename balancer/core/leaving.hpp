// When a balancer whose address moves to another host may let it go, and when it may end itself.
//
// An address can only move as a whole: packets of connections that still live here would then go to
// a host that does not know them and resets them. And as long as the address is here, somebody must
// keep its port from being closed, or new clients are refused. So the balancer falls silent to new
// clients, waits until the last connection has ended, says that the address may go, and stays until
// it has gone; whoever tried to connect meanwhile tries again a second later, as TCP does, and
// finds the other host. With one request of 300 ms in flight that second is all that anybody
// notices.
//
// Bounds: after `drain` nobody is waited for any more, and kMoveTime later nothing is: the address
// stays, as one does that nobody moves, and new clients are refused.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/time.hpp"

namespace foretide::balancer {

inline constexpr std::chrono::seconds kMoveTime{10};  // for a failed check to move the address

enum class Leaving : std::uint8_t {
  kBusy,     // somebody would notice if the address moved now
  kMayMove,  // nobody would
  kTimeUp,   // it may as well: who is left is cut
  kGone,     // it is not on this host (any more)
  kGivenUp,  // nobody moves it
};

struct LeavingFacts {
  bool address_is_here = false;
  std::size_t unfinished = 0;  // connections, see core/tcp_table
  Duration quiet_for{};        // to new clients
  Duration drain{};
};

inline Leaving leaving_for(const LeavingFacts& facts) {
  if (!facts.address_is_here) return Leaving::kGone;
  if (facts.quiet_for >= facts.drain + kMoveTime) return Leaving::kGivenUp;
  if (facts.unfinished == 0) return Leaving::kMayMove;
  return facts.quiet_for >= facts.drain ? Leaving::kTimeUp : Leaving::kBusy;
}

}  // namespace foretide::balancer
