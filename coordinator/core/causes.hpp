// Why requests had to wait for a worker, or were refused: each is booked to one cause, so that one
// sees what would have to change. Only the first is a matter of prediction.
//
//   forecast      workers were asked for too late, or too few of them
//   start_failed  they were asked for in time and fail to start, or fail again and again
//   at_max        all that the cluster file allows are ready (max), or it lets the number rise no
//                 faster (up.max_step, up.cooldown)
//   no_host       no node can take a worker that was asked for
//   frozen        a pause (but not one downwards) or a count by hand holds the number below what
//                 the rules and signals want
//   woken         the service was asleep at zero, and these woke it
//
// Where several hold, the one that stands nearest to people is told: what was done by hand, then
// what is broken, then what the cluster file says. A request that waited in vain counts once, when
// it began to wait.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace foretide::coordinator {

struct Decision;
struct ServiceRecord;
struct Situation;

enum class Cause : std::uint8_t { kForecast, kStartFailed, kAtMax, kNoHost, kFrozen, kWoken };
inline constexpr std::size_t kCauses = 6;

const char* name_of(Cause cause);

// Of what waited up to this decision, which has not taken effect yet. What it asks for only now
// comes too late for them.
Cause cause_for(const ServiceRecord& service, const Situation& situation, const Decision& decision);

class CauseCounts {
 public:
  void add(Cause cause, std::uint64_t requests) {
    counts_[static_cast<std::size_t>(cause)] += requests;
  }
  std::uint64_t of(Cause cause) const { return counts_[static_cast<std::size_t>(cause)]; }
  friend bool operator==(const CauseCounts&, const CauseCounts&) = default;

 private:
  std::array<std::uint64_t, kCauses> counts_{};
};

}  // namespace foretide::coordinator
