// One simulated run as a picture: above, demand, what was forecast of it and what the ready workers
// carry, with the shortage in red where demand is more than that; below, the workers wanted and
// ready. Both share the axis of time.
//
// A forecast stands at the time that it was made for, a lead time after it was made. Another
// algorithm's run has none.
#pragma once

#include <string>

#include "deploy/cli/demand_trace.hpp"
#include "deploy/cli/simulation.hpp"

namespace foretide::cli {

struct PlotSubject {
  const DemandTrace& trace;
  const SimulationSettings& settings;
  const SimulatedRun& run;
  std::string name;       // of the trace, for the heading
  std::string algorithm;  // "foretide", or whose rules decided
  std::string aim;        // the shortage or the target, as it was given
};

// The text of an SVG file.
std::string plot_of(const PlotSubject& subject);

}  // namespace foretide::cli
