// Everyone who takes part in a run, in the order in which they are built.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/simulation/fleet_watch.hpp"
#include "tests/simulation/safety.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/sim_agent.hpp"
#include "tests/simulation/sim_balancer.hpp"
#include "tests/simulation/sim_coordinator.hpp"

namespace foretide::simulation {

struct Cast {
  Cast(const Scenario& scenario, std::ostream* history);

  const Scenario& scenario;
  Ground ground;
  Connections connections;
  Safety safety;
  std::vector<std::unique_ptr<SimHost>> hosts;
  std::vector<DemandCurve> curves;
  std::vector<std::unique_ptr<SimAgent>> agents;
  std::vector<std::unique_ptr<SimBalancer>> balancers;
  std::unique_ptr<FleetWatch> watch;
  std::unique_ptr<SimCoordinator> coordinator;
};

}  // namespace foretide::simulation
