// The promises about the number of workers that is asked for, and about what it is asked for by:
// judged by the decisions, by the demand that really came, and by what could be known of it.
//
//   out-of-bounds   the number lies within min and max, whatever rule wanted it
//   unasked         a prediction that is off or in the shadow decides nothing
//   moves-blind     while no balancer is heard the number stands still, but for people's orders
//   flapping        small swings turn no oftener than the budget for them allows
//   waiting-counts  the load that is taken for demand is no more than came: requests that wait are
//                   not demand once more, so a shortage does not raise the forecasts after it
//   wild-forecast   a forecast is a number of workers that there may be, and no rule promises more
//   restless        once demand is a clockwork the number settles: it may fall still, as old
//                   surprises are forgotten, but rises no more
//
// It knows nothing of how the rules work but the flap budget's figures.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/state.hpp"
#include "tests/simulation/ground.hpp"

namespace foretide::simulation {

// One change of a number, for a run to be compared with another.
struct NumberChange {
  Instant at{};
  ServiceId service;
  std::uint32_t from = 0, to = 0;
  std::string rule;
  friend bool operator==(const NumberChange&, const NumberChange&) = default;
};
std::string text_of(const NumberChange& change);

class NumberWatch {
 public:
  explicit NumberWatch(Ground& ground) : ground_(ground) {}

  // Tells how long ago the coordinator heard of that balancer which it heard least lately.
  void set_silence(std::function<Duration(const ServiceId&)> silence) {
    silence_ = std::move(silence);
  }
  // Tells how long ago the coordinator heard of the traffic of any balancer.
  void set_quiet(std::function<Duration(const ServiceId&)> quiet) { quiet_ = std::move(quiet); }
  // How long a request of a service is served at most, where that is even.
  void set_served(const ServiceId& service, double seconds) { served_seconds_[service] = seconds; }

  void coordinator_begins() { swings_.clear(); }
  void saw(const coordinator::State& state, const coordinator::Decision& decision);
  // Every second of the coordinator's life.
  void look(const coordinator::State& state, Instant coordinator_now);
  // From here on demand is a clockwork and nothing goes wrong.
  void rest_begins() { resting_since_ = ground_.queue.now(); }

  const std::vector<NumberChange>& changes() const { return changes_; }

 private:
  enum class Way { kNone, kUp, kDown };
  struct Swing {
    Way way = Way::kNone;
    std::uint32_t turned_at = 0;
    std::deque<Instant> turns;
  };
  void check_bounds(const coordinator::ServiceRecord& service, std::uint32_t number);
  void check_asked(const coordinator::ServiceRecord& service,
                   const coordinator::Decision& decision);
  void check_swing(const coordinator::Decision& decision);
  void check_load(const coordinator::ServiceRecord& service, Instant coordinator_now);
  void check_forecast(const coordinator::ServiceRecord& service);

  Ground& ground_;
  std::function<Duration(const ServiceId&)> quiet_, silence_;
  std::map<ServiceId, double> served_seconds_;
  std::map<ServiceId, Instant> reported_since_;  // in time
  Instant looked_at_{};
  std::map<ServiceId, std::uint32_t> max_;  // the largest that it ever was
  std::map<ServiceId, Swing> swings_;
  std::optional<Instant> resting_since_;
  std::vector<NumberChange> changes_;
};

}  // namespace foretide::simulation
