// The first promise that was broken in a run, by the name of the invariant and with what broke it.
// Only the first counts: what follows from a broken world is noise.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tests/simulation/event_queue.hpp"

namespace foretide::simulation {

struct Violation {
  std::string invariant, what;
  Duration at{};
};

class Verdict {
 public:
  explicit Verdict(const EventQueue& queue) : queue_(queue) {}

  void broken(std::string invariant, std::string what) {
    if (!first_) first_ = Violation{std::move(invariant), std::move(what), queue_.elapsed()};
  }
  const std::optional<Violation>& first() const { return first_; }

 private:
  const EventQueue& queue_;
  std::optional<Violation> first_;
};

}  // namespace foretide::simulation
