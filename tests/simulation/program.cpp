#include "tests/simulation/program.hpp"

#include <utility>

namespace foretide::simulation {

void Program::start() {
  ++life_;
  up_ = true;
  frozen_ = false;
  waiting_.clear();
}

void Program::crash() {
  ++life_;
  up_ = frozen_ = false;
  waiting_.clear();
}

void Program::freeze() {
  if (up_) frozen_ = true;
}

void Program::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  const unsigned life = life_;
  for (What& what : std::exchange(waiting_, {})) {
    if (up_ && life_ == life) what();
  }
}

void Program::after(Duration delay, What what) {
  queue_.after(delay, [this, life = life_, what = std::move(what)]() mutable {
    if (up_ && life_ == life) soon(std::move(what));
  });
}

void Program::every(Duration period, What what) {
  after(period, [this, period, what = std::move(what)]() mutable {
    const unsigned life = life_;
    what();
    if (up_ && life_ == life) every(period, std::move(what));
  });
}

void Program::soon(What what) {
  if (frozen_) {
    waiting_.push_back(std::move(what));
  } else {
    what();
  }
}

}  // namespace foretide::simulation
