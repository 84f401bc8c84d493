// At what load a worker is full, from the evidence there is, and how sure that is.
//
// A worker that serves c requests at once takes the same time for each until c are in flight;
// beyond, more requests only wait for one another: the service time grows in proportion to the
// load. The two lines meet at the knee, at c (the asymptotes of Denning and Buzen, "The operational
// analysis of queueing network models", Computing Surveys 10, 1978). Between them
//
//     S(n) = S0 (1 + (n / c)^p)^(s / p)
//
// has the knee as sharp as the evidence has it: with p = 1 it is what random arrivals at one server
// make of it, with p = 12 nearly an edge. With s = 2 each request costs the others as well, as in
// Gunther's Universal Scalability Law (2007), and c is near the load at which throughput is
// largest. c, p and s are tried on a grid against the differences of logarithms that were seen, by
// weighted least squares; the standard error of log c is how far it may move, p and s following,
// until the sum of squares has grown by one. A knee needs to explain much more than none.
//
// Two more things say that a worker is full. Requests that were held all the while although it
// could have had them: the balancer knows that it serves no more at once. And CPU: a worker that
// uses nine tenths of what it may has nothing left. The lowest knee that is sure counts. Where
// there is none, the largest load at which requests were seen, for half a minute, to take no longer
// than far below it is a lower bound and no more. A load that never varied says nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "coordinator/core/capacity_evidence.hpp"

namespace foretide::coordinator {

enum class Confidence : std::uint8_t { kNone, kLow, kGood };
const char* name_of(Confidence confidence);

struct CapacityEstimate {
  enum class By : std::uint8_t { kServiceTime, kHeld, kCpu };

  std::optional<double> knee;   // absent: was never seen
  double relative_error = 0.0;  // one standard error of the knee, as a share of it
  By by = By::kServiceTime;
  double served = 0.0;                        // the largest load that was served long enough
  double served_seconds = 0.0;                // at it or above, by the present release
  Confidence confidence = Confidence::kNone;  // in the knee; without one, in `served`
};

CapacityEstimate estimate_for(const CapacityEvidence& evidence);

const char* name_of(CapacityEstimate::By by);

}  // namespace foretide::coordinator
