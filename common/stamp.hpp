// When a coordinator said something: the epoch (which coordinator life) and the revision within it.
//
// Sets and tables are stamped, and a receiver drops whatever is older than what it has. That alone
// keeps a late or repeated message from undoing a newer one. The epoch grows at every coordinator
// start, to one more than the highest that the store or any HELLO has seen, so that a coordinator
// that lost its store is still newer than what its agents remember. No clock is involved.
#pragma once

#include <compare>
#include <cstdint>

namespace foretide {

struct Stamp {
  std::uint64_t epoch = 0;
  std::uint64_t revision = 0;

  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

}  // namespace foretide
