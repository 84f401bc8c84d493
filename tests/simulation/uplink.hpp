// How an agent or a balancer keeps its session with the coordinator: Hello until it is welcomed,
// Hello again after five seconds of silence and whenever a higher epoch shows that another
// coordinator life has begun. The same for both, so it stands here once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/simulation/ground.hpp"

namespace foretide::simulation {

class Uplink {
 public:
  // `introduce` sends Hello and all that follows it.
  Uplink(Ground& ground, Program& program, std::function<void()> introduce)
      : ground_(ground), program_(program), introduce_(std::move(introduce)) {}

  void join(Peer self, Peer coordinator) {
    self_ = self;
    coordinator_ = coordinator;
  }
  Peer self() const { return self_; }
  Peer coordinator() const { return coordinator_; }
  std::uint64_t epoch() const { return epoch_; }

  // A new life of the program; `epoch` is what it remembers.
  void begin(std::uint64_t epoch);
  void send(Lane lane, wire::Body body);
  // Something came from the coordinator.
  void heard(std::uint64_t epoch, const wire::Welcome* welcome);
  // Each second.
  void tick();

 private:
  Ground& ground_;
  Program& program_;
  std::function<void()> introduce_;
  Peer self_ = 0, coordinator_ = 0;
  std::string session_;
  std::uint64_t sequence_ = 0, epoch_ = 0;
  bool welcomed_ = false;
  Instant heard_at_{};
};

}  // namespace foretide::simulation
