// What everything simulated stands on, and in which run it is.
#pragma once

#include <ostream>

#include "tests/simulation/demand_truth.hpp"
#include "tests/simulation/event_queue.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/verdict.hpp"

namespace foretide::simulation {

// A protection that is switched off, inside the simulation's glue and nowhere else, to see that its
// absence is found.
enum class Broken { kNothing, kFencing, kDrainAck, kAbsence };

struct Ground {
  Ground(std::uint64_t seed, double codec_share, Broken what_is_broken, std::ostream* out)
      : history(queue, out),
        verdict(queue),
        random(seed),
        network(queue, history, verdict, random.fork(), codec_share),
        broken(what_is_broken) {}

  EventQueue queue;
  History history;
  Verdict verdict;
  Random random;
  Network network;
  DemandTruth demand;
  Broken broken;
};

}  // namespace foretide::simulation
