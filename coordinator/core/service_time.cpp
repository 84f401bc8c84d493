#include "coordinator/core/service_time.hpp"

#include <cmath>

namespace foretide::coordinator {
namespace {
constexpr double kHalfLifeSeconds = 60.0;
}

void ServiceTime::Sums::add(const Evidence& evidence) {
  const double kept = std::exp2(-evidence.seconds / kHalfLifeSeconds);
  busy_seconds = busy_seconds * kept + evidence.busy_seconds;
  requests = requests * kept + evidence.completed + evidence.in_flight_change / 2.0;
}

std::optional<double> ServiceTime::Sums::mean() const {
  // Less than half a request's worth of evidence says nothing.
  if (requests < 0.49 || busy_seconds <= 0.0) return std::nullopt;
  return busy_seconds / requests;
}

void ServiceTime::add(const Evidence& evidence) {
  any_.add(evidence);
  if (!evidence.overloaded) calm_.add(evidence);
}

std::optional<double> ServiceTime::mean() const {
  const auto calm = calm_.mean();
  return calm ? calm : any_.mean();
}

}  // namespace foretide::coordinator
