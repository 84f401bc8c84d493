// One of our programs on some host: it may be down, and it may be frozen (SIGSTOP, a stalled
// machine).
//
// Whatever it does hangs on its present life: a timer or an arrival of a former life is nothing.
// While it is frozen things wait and happen at the thaw, in their order, late. Its monotonic clock
// has an offset of its own, so that code which compares two hosts' clocks shows it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/event_queue.hpp"

namespace foretide::simulation {

class Program {
 public:
  using What = EventQueue::What;

  Program(EventQueue& queue, std::string name, Duration clock_offset)
      : queue_(queue), name_(std::move(name)), clock_offset_(clock_offset) {}

  const std::string& name() const { return name_; }
  bool is_up() const { return up_; }
  bool is_frozen() const { return frozen_; }
  unsigned life() const { return life_; }
  Instant now() const { return queue_.now() + clock_offset_; }

  void start();
  void crash();
  void freeze();
  void thaw();

  // In this life only; late if frozen then.
  void after(Duration delay, What what);
  // For ever in this life, first after one period.
  void every(Duration period, What what);
  // At once, or at the thaw.
  void soon(What what);

 private:
  EventQueue& queue_;
  std::string name_;
  Duration clock_offset_;
  bool up_ = false, frozen_ = false;
  unsigned life_ = 0;
  std::vector<What> waiting_;
};

}  // namespace foretide::simulation
