// How many requests a worker of this service serves at once, where nobody has said so: learned from
// how requests that were at one worker together end.
//
// Take a worker that serves one at a time. The second of two requests begins when the first ends:
// it never ends before it, and the time since the first one's end is a usual service time. At a
// worker that serves both, the later one often ends first, or so soon after the first that no
// request takes that little. So for each guess "it serves k at once" (k = 1 to 4) a request that
// found k or more before it is asked: how likely is it to end now, had it begun when k - 1 of them
// were left, against having begun at once? The logarithms of these odds are added up, over all
// workers of the service, which run the same program. A guess with odds of e^6 is believed; a
// single request that ended too early costs it e^4.
//
// What is believed is worth much: requests wait in one queue for whichever worker is free next,
// instead of behind a slow one at a worker (on simulated workers p99 falls by a sixth, and by
// nearly half where some are slow). Where no guess holds (workers that share their time between all
// they have, batch them, or serve many) there is no limit. Beyond four at once keeping requests
// back would win nothing, and workers that batch would starve; nothing is believed where a request
// takes less than 2 ms, as the way to the next one would count.
//
// A limit stops what it was learned from, so that an error would last. Therefore requests that have
// waited as long as k service times make `extra_for` let k of them go to one worker above the limit
// (once a second, 16 at most): they lose nothing, and show whether the worker can do more. What it
// ends meanwhile is counted (`judge`): a worker that ends half as many again as it should has no
// such limit, in whatever order it ends them. A belief that had to be given up is not held again
// for 2 s, twice as long each time: in doubt there is no limit.
//
// Pure values of one thread: only what this thread sent is seen, which hides some overlaps and
// invents none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "balancer/core/speed.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

inline constexpr std::uint32_t kAtOnceMost = 4;

// One request that has ended, as to what was at its worker together with it.
struct Overlap {
  std::uint32_t before = 0;                 // requests that were there when it came
  std::uint32_t left = 0;                   // of which were there still when it ended
  double seconds = 0.0;                     // from its dispatch
  bool is_certain = true;                   // all of them were seen to end as served
  std::array<double, kAtOnceMost> since{};  // [k]: seconds since k of them were left
};

// What is at one worker. Sees up to eight at a time; what comes while some are there that it has
// not seen is not certain.
class Overlaps {
 public:
  void begin(Instant now);
  // Nothing when it was not seen. `began` as told to begin().
  std::optional<Overlap> end(Instant began, Instant now);
  // It ended without having been served: what came after it tells nothing.
  void drop(Instant began);

 private:
  struct Seen {
    Instant began{};
    std::uint8_t before = 0, left = 0;
    bool is_certain = true;
    std::array<Instant, kAtOnceMost> left_at{};  // [k]: when k were left
  };
  static constexpr std::size_t kSeenMost = 8;

  std::optional<std::size_t> find(Instant began) const;
  void take_out(std::size_t at);
  void end_unseen();

  std::array<Seen, kSeenMost> seen_{};
  std::uint8_t size_ = 0;
  std::uint32_t unseen_ = 0;
};

class Concurrency {
 public:
  // `log_expected` and `variance` of its logarithmic service time.
  void learn(const Overlap& overlap, double log_expected, const ServiceTime& service, Instant now);
  // Nothing: as many as there are.
  std::optional<std::uint32_t> limit() const { return limit_; }
  // How long it was in service by the best guess.
  double service_seconds(const Overlap& overlap) const;
  // While one had requests above the limit it ended so many in that time.
  void judge(std::uint32_t ended, Duration took, double log_expected, const ServiceTime& service,
             Instant now);
  // How many may go to one worker beyond the limit now, the oldest having waited so long.
  std::uint32_t extra_for(Duration waited, const ServiceTime& service, Instant now);
  // When that might be, for one that waits since then.
  Instant extra_from(Instant since, const ServiceTime& service) const;

 private:
  void believe(const ServiceTime& service, Instant now);

  std::array<double, kAtOnceMost> odds_{};  // of k+1 at once, logarithms
  std::optional<std::uint32_t> limit_;
  Instant next_extra_{};
  Instant doubted_until_{};
  Duration doubt_ = std::chrono::seconds(2);
};

}  // namespace foretide::balancer
