// What happened, one readable line each: "   12.345  node-2  set 3.17: run web-3-1, stop web-3-2".
//
// A run that only asks whether a seed passes keeps no history: lines are given as functions and are
// not even composed. A seed that fails is run again, with its history; it will do exactly the same.
#pragma once

#include <cstddef>
#include <deque>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "common/stamp.hpp"
#include "tests/simulation/event_queue.hpp"

namespace foretide::simulation {

inline std::string text_of(const Stamp& stamp) {
  return std::to_string(stamp.epoch) + "." + std::to_string(stamp.revision);
}

class History {
 public:
  // Nothing is kept; with a stream everything goes there, and the last lines are kept.
  History(const EventQueue& queue, std::ostream* out) : queue_(queue), out_(out) {}

  bool kept() const { return out_ != nullptr; }
  template <class Line>
  void note(std::string_view who, Line&& line) {
    if (kept()) add(who, std::forward<Line>(line)());
  }
  const std::deque<std::string>& last_lines() const { return last_; }

 private:
  static constexpr std::size_t kLinesKept = 60;
  void add(std::string_view who, const std::string& line);

  const EventQueue& queue_;
  std::ostream* out_;
  std::deque<std::string> last_;
};

}  // namespace foretide::simulation
