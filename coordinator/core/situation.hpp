// What a rule may look at besides how the service stands: everything that was observed of it at one
// moment, as plain values.
//
// What is not known is absent, and not zero. A situation can be written down and read again (see
// moment.hpp), and the rules cannot tell the difference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/lead_time.hpp"
#include "coordinator/core/pause.hpp"
#include "coordinator/core/predict/lookout.hpp"
#include "coordinator/core/signal_reading.hpp"

namespace foretide::coordinator {

struct ServiceRecord;

// Demand as the rules see it, in load.
struct DemandNow {
  double load = 0.0;              // the mean of what is in service or ought to be, right now
  std::optional<double> latest;   // of the last seconds
  std::optional<double> largest;  // within the settings' window
  double known_seconds = 0.0;     // of the window that must have been watched
};

// What was measured of one signal, and what kind it is.
struct SignalSeen {
  enum class Kind : std::uint8_t {
    kLoad,   // gives a number of workers
    kLimit,  // tells how they fare
    kShare,  // likewise, and is shared out among those that stay
  };
  Kind kind = Kind::kLimit;
  SignalReading now;                        // of the last kSignalWindow
  std::optional<SignalReading> since_rise;  // of what came after its last worker could serve
  std::optional<double> largest;            // of requests: the rate, within the settings' window
  std::optional<Opinion> word;              // of a queue: what it asks for
};

struct Situation {
  Instant now{};
  WallTime wall{};
  Duration age{};  // of this coordinator
  std::uint32_t ready = 0, starting = 0, failing = 0;
  bool balancers_known = false;
  // A balancer that had requests for the service, or may have, is silent; it may well go on serving
  // them.
  std::optional<Duration> silence;

  DemandNow demand;
  std::uint32_t held = 0, in_flight = 0;  // over all balancers, as last heard
  bool queued = false;                    // a queue outside has, or had of late, something in it
  std::optional<Instant> last_request;
  std::optional<double> service_seconds;      // mean, of a request
  Duration start_time = kStartTimePrior;      // from asking for a worker until it is ready
  double capacity = 8.0;                      // load that one worker serves
  std::optional<std::string> starts_stopped;  // why
  std::vector<SignalSeen> signals;            // in the settings' order

  std::optional<std::uint32_t> manual;  // a count given by hand
  std::optional<PauseDirection> paused;
  std::optional<Opinion> asked;           // after a POST /scale
  Opinion scheduled{"scheduled", 0, ""};  // by the clocks of the schedule's zones
  std::optional<Foresight> foresight;     // none while too little is known

  Duration lead_time() const { return start_time + kDecisionPeriod; }
};

// Fills in all that the service's record knows at `situation.now`: from `demand` on.
void observe(const ServiceRecord& service, Situation& situation);

}  // namespace foretide::coordinator
