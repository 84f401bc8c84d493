// The promises about numbers of workers, judged by what the coordinator knows at the moment it
// acts.
//
//   below-min         by a command of ours the routable ready workers of a service never become
//                     fewer than min, or than they were if that is less
//   stopped-undrained a worker is told to stop only when no table lets it take requests
//   above-max         running workers are no more than max, one for a roll-out, and those on hosts
//                     that cannot be reached; what was found too many is let go within a while
//   new-workers       workers are not made in a tight loop
//   blind-shrink      nothing shrinks on demand that nobody reports: every balancer that takes
//                     requests, as far as the store can know, was heard lately
//
// It knows the published tables from the actions, not from the state, so that a state that forgets
// does not hide what it did.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "coordinator/core/step.hpp"
#include "tests/simulation/number_watch.hpp"
#include "tests/simulation/sim_balancer.hpp"
#include "tests/simulation/sim_host.hpp"

namespace foretide::simulation {

class FleetWatch {
 public:
  FleetWatch(Ground& ground, std::vector<SimHost*> hosts)
      : ground_(ground), hosts_(std::move(hosts)), numbers_(ground) {}

  void coordinator_begins();
  void saw(const coordinator::State& state, const std::vector<coordinator::Action>& actions,
           Instant coordinator_now);
  // Every second of the coordinator's life.
  void look(const coordinator::State& state, Instant coordinator_now);
  // Tells how long ago the coordinator heard of the traffic of the balancer that it heard least
  // lately, among those that take requests.
  void set_silence(std::function<Duration(const ServiceId&)> silence) {
    silence_ = std::move(silence);
  }
  // Of what is asked for, besides what there is.
  NumberWatch& numbers() { return numbers_; }

 private:
  void saw_table(const coordinator::State& state, const wire::ServiceTable& table, Instant now);
  void saw_set(const coordinator::State& state, const wire::DesiredSet& set);
  void saw_decision(const coordinator::Decision& decision);
  std::size_t running(const coordinator::State& state, const ServiceId& service, Instant now) const;

  Ground& ground_;
  std::vector<SimHost*> hosts_;
  NumberWatch numbers_;
  std::map<ServiceId, wire::ServiceTable> published_;
  std::map<ServiceId, Instant> too_many_since_;
  std::map<ServiceId, std::deque<Instant>> made_;
  std::set<WorkerId> known_;
  std::function<Duration(const ServiceId&)> silence_;
};

}  // namespace foretide::simulation
