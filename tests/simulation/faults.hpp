// What goes wrong, when: each kind of fault comes by chance at its mean distance until the time of
// faults is over; then everything is mended and started, and the fleet has to come to rest by
// itself.
#pragma once

#include <functional>

#include "tests/simulation/cast.hpp"

namespace foretide::simulation {

class Faults {
 public:
  explicit Faults(Cast& cast)
      : cast_(cast), random_(cast.ground.random.fork()), order_random_(Random(random_).fork()) {}

  void begin();
  void end();

 private:
  void again_and_again(double mean_seconds, void (Faults::*fault)());
  Program& any_program();
  double lasting();

  void cut();
  void freeze();
  void crash_agent();
  void lose_power();
  void crash_balancer();
  void crash_coordinator();
  void crash_worker();
  void reload();
  void scale_by_hand();
  void black_out();
  void order_by_hand();

  Cast& cast_;
  Random random_, order_random_;
  bool over_ = false;
};

}  // namespace foretide::simulation
