#include "coordinator/core/capacity_estimate.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/core/knee_fit.hpp"

namespace foretide::coordinator {
namespace {

using Bin = CapacityEvidence::Bin;

constexpr double kServedSecondsLeast = 30.0;
constexpr double kFarBelow = 0.6;       // of a load, and it can be held against it
constexpr double kComparedLeast = 2.0;  // weight of such pairs
constexpr double kLongerMost = 0.18;    // log 1.2
constexpr double kFullSecondsLeast = 30.0;
constexpr double kSureSecondsLeast = 60.0;  // at the knee or above
constexpr double kSureErrorMost = 0.15;
constexpr double kAtKnee = 0.9;        // of it, and it counts as seen there
constexpr double kRefutes = 1.25;      // so much more served refutes that a worker was full
constexpr double kHeldQuantile = 0.5;  // a few workers may have been left idle on purpose
constexpr double kCpuQuantile = 0.2;   // the load at which CPU ran out, not those above
constexpr double kFullError = 0.05, kCpuErrorUnseen = 0.5;
constexpr double kMostlyFull = 0.5;

struct Knee {
  double load = 0.0, error = 0.0;
  CapacityEstimate::By by = CapacityEstimate::By::kServiceTime;
};

double seconds_from(const CapacityEvidence& evidence, double load, double Bin::*seconds) {
  double sum = 0.0;
  for (const auto& [at, bin] : evidence.bins) {
    if (bin.load() >= load) sum += bin.*seconds;
  }
  return sum;
}

// The load below which that share of these seconds lies; nothing where they are too few.
std::optional<double> quantile_of(const CapacityEvidence& evidence, double Bin::*seconds,
                                  double share) {
  const double all = seconds_from(evidence, 0.0, seconds);
  if (all < kFullSecondsLeast) return std::nullopt;
  double sum = 0.0;
  for (const auto& [at, bin] : evidence.bins) {
    sum += bin.*seconds;
    if (sum >= share * all) return bin.load();
  }
  return std::nullopt;
}

// Requests took no longer there than at loads far below. A load that nothing was held against may
// be one at which all of them wait.
bool is_served_well(const CapacityEvidence& evidence, int rate) {
  double weight = 0.0, longer = 0.0;
  for (const auto& [rates, pair] : evidence.pairs) {
    if (rates.first != rate) continue;
    if (pair.log_lower - pair.log_higher > pair.weight * std::log(kFarBelow)) continue;
    weight += pair.weight;
    longer += pair.sum;
  }
  return weight >= kComparedLeast && longer <= kLongerMost * weight;
}

double served_in(const CapacityEvidence& evidence) {
  double seconds = 0.0;
  for (auto entry = evidence.rates.rbegin(); entry != evidence.rates.rend(); ++entry) {
    seconds += entry->second.seconds;
    if (seconds < kServedSecondsLeast) continue;
    if (is_served_well(evidence, entry->first)) return entry->second.load();
  }
  return 0.0;
}

std::optional<Knee> held_knee(const CapacityEvidence& evidence) {
  const auto load = quantile_of(evidence, &Bin::held_seconds, kHeldQuantile);
  if (!load) return std::nullopt;
  return Knee{*load, kFullError, CapacityEstimate::By::kHeld};
}

// How sure it is depends on whether there was CPU left at any lower load.
std::optional<Knee> cpu_knee(const CapacityEvidence& evidence) {
  const auto load = quantile_of(evidence, &Bin::cpu_seconds, kCpuQuantile);
  if (!load) return std::nullopt;
  double left = 0.0;
  for (const auto& [at, bin] : evidence.bins) {
    const bool was_full = bin.cpu_seconds >= kMostlyFull * bin.seconds;
    if (bin.load() < *load && bin.load() > *load / 2.0 && !was_full) left += bin.seconds;
  }
  const double error = left >= kFullSecondsLeast ? 2.0 * kFullError : kCpuErrorUnseen;
  return Knee{*load, error, CapacityEstimate::By::kCpu};
}

// One that is sure before any that is not.
bool goes_before(const Knee& one, const std::optional<Knee>& other) {
  if (!other) return true;
  const bool is_sure = one.error <= kSureErrorMost, other_is = other->error <= kSureErrorMost;
  return is_sure != other_is ? is_sure : one.load < other->load;
}

std::optional<Knee> lowest_knee(const CapacityEvidence& evidence, double served) {
  std::optional<Knee> lowest;
  if (const auto fit = knee_of(evidence)) {
    lowest = Knee{fit->load, fit->log_error, CapacityEstimate::By::kServiceTime};
  }
  auto held = held_knee(evidence);
  if (held && !lowest && served > kRefutes * held->load) held.reset();
  for (const auto& knee : {held, cpu_knee(evidence)}) {
    if (knee && goes_before(*knee, lowest)) lowest = knee;
  }
  return lowest;
}

}  // namespace

CapacityEstimate estimate_for(const CapacityEvidence& evidence) {
  CapacityEstimate estimate;
  estimate.served = served_in(evidence);
  const auto knee = lowest_knee(evidence, estimate.served);
  if (!knee && estimate.served <= 0.0) return estimate;
  estimate.confidence = Confidence::kLow;
  const double from = kAtKnee * (knee ? knee->load : estimate.served);
  estimate.served_seconds = seconds_from(evidence, from, &Bin::own_seconds);
  if (!knee) return estimate;
  estimate.knee = knee->load;
  estimate.by = knee->by;
  estimate.relative_error = std::expm1(knee->error);
  if (knee->error <= kSureErrorMost && estimate.served_seconds >= kSureSecondsLeast) {
    estimate.confidence = Confidence::kGood;
  }
  return estimate;
}

const char* name_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::kNone:
      return "none";
    case Confidence::kLow:
      return "low";
    case Confidence::kGood:
      break;
  }
  return "good";
}

const char* name_of(CapacityEstimate::By by) {
  switch (by) {
    case CapacityEstimate::By::kHeld:
      return "held requests";
    case CapacityEstimate::By::kCpu:
      return "CPU";
    case CapacityEstimate::By::kServiceTime:
      break;
  }
  return "service times";
}

}  // namespace foretide::coordinator
