// What will happen, in order of time; what falls on the same instant happens in the order in which
// it was asked for. Time stands still while something happens and jumps to the next thing
// afterwards, so ten minutes take as long as the work in them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/time.hpp"

namespace foretide::simulation {

class EventQueue {
 public:
  using What = std::function<void()>;

  Instant now() const { return now_; }
  Duration elapsed() const { return now_.time_since_epoch(); }
  void after(Duration delay, What what);
  // Makes the next thing happen; false when it lies beyond `end` (then it is `end` now) or there is
  // none.
  bool advance(Instant end);

 private:
  struct Entry {
    Instant when;
    std::uint64_t order;
    What what;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Instant now_{};
  std::uint64_t next_order_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace foretide::simulation
