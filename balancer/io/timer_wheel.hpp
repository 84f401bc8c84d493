// Many deadlines, watched cheaply: one wheel of slots for each thread, a tick of 8 ms.
//
// Deadlines of a proxy are mostly not reached; they are set, moved on and forgotten with every
// request. So a timer that is moved to a later time is not moved in the wheel: it stays where it
// is, and when its slot comes round it looks at its deadline and settles again. Setting a deadline
// is then a comparison and a store. Deadlines beyond one turn of the wheel (8.6 s) settle at its
// far side meanwhile.
//
// A timer fires at its deadline or up to a tick later, never before. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/time.hpp"

namespace foretide::balancer {

class TimerWheel;

class Timer {
 public:
  using Fire = void (*)(void* owner);

  Timer(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { unlink(); }

  bool is_set() const { return deadline_ != Instant::max(); }
  void clear() { deadline_ = Instant::max(); }

 private:
  friend class TimerWheel;
  void unlink();

  Fire fire_;
  void* owner_;
  Instant deadline_ = Instant::max();
  std::int64_t tick_ = 0;  // of the slot in which it stands
  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // what points to it; none: it is in no slot
};

class TimerWheel {
 public:
  explicit TimerWheel(Instant now);

  void set(Timer& timer, Instant deadline);
  // Fires what is due. A timer may set or destroy itself and others meanwhile.
  void advance(Instant now);
  // How long nothing can become due; at most one turn.
  Duration idle_for(Instant now) const;

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr int kTickBits = 23;  // a tick is 2^23 ns, 8.4 ms

  static std::int64_t tick_of(Instant at) { return at.time_since_epoch().count() >> kTickBits; }
  void settle(Timer& timer);

  std::array<Timer*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64>
      occupied_{};     // a bit for each slot that may hold something
  std::int64_t tick_;  // everything up to this one has been looked at
};

}  // namespace foretide::balancer
