#include "coordinator/core/capacity_evidence.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

constexpr double kLoadLeast = 0.0625;
constexpr double kBinsToADoubling = 3.0;
constexpr Duration kReferenceLasts = std::chrono::minutes(10);
constexpr double kReferenceHalvesSeconds = 300.0;
constexpr double kReferenceMoves = 0.3;  // with each new stretch
// Beyond these the oldest is forgotten.
constexpr double kPairWeightMost = 200.0;
constexpr double kBinSecondsMost = 3600.0;

void scale(CapacityEvidence::Bin& bin, double share) {
  for (double* sum :
       {&bin.seconds, &bin.own_seconds, &bin.held_seconds, &bin.cpu_seconds, &bin.log_load}) {
    *sum *= share;
  }
}

void scale(CapacityEvidence::Pair& pair, double share) {
  pair.weight *= share;
  pair.sum *= share;
  pair.squares *= share;
}

void add_to(CapacityEvidence::Pair& pair, double difference, double weight) {
  pair.weight += weight;
  pair.sum += weight * difference;
  pair.squares += weight * difference * difference;
  if (pair.weight > kPairWeightMost) scale(pair, kPairWeightMost / pair.weight);
}

double weight_of(const LoadReferences::Reference& reference, Instant now) {
  const Duration age = now - reference.at;
  if (age > kReferenceLasts) return 0.0;
  return std::exp2(-seconds_in(age) / kReferenceHalvesSeconds);
}

}  // namespace

int bin_of(double load) {
  const double bin = std::floor(kBinsToADoubling * std::log2(std::max(load, 1e-9) / kLoadLeast));
  return static_cast<int>(std::clamp(bin, 0.0, CapacityEvidence::kBins - 1.0));
}

double CapacityEvidence::Bin::load() const {
  return seconds > 0.0 ? std::exp(log_load / seconds) : 0.0;
}

void LoadReferences::add(int bin, double log_seconds, Instant at) {
  const auto [entry, is_new] = by_bin_.try_emplace(bin, Reference{log_seconds, at});
  if (is_new) return;
  Reference& known = entry->second;
  const double moves = at - known.at > kReferenceLasts ? 1.0 : kReferenceMoves;
  known.log_seconds += moves * (log_seconds - known.log_seconds);
  known.at = at;
}

void CapacityEvidence::add(const LoadStretch& stretch, bool uses_all_cpu,
                           LoadReferences& references) {
  const int at = bin_of(stretch.load);
  const double seconds = seconds_in(stretch.ended - stretch.began);
  const double log_seconds = std::log(stretch.service_seconds);
  Bin& bin = bins[at];
  bin.seconds += seconds;
  bin.own_seconds += seconds;
  if (stretch.others_waited) bin.held_seconds += seconds;
  if (uses_all_cpu) bin.cpu_seconds += seconds;
  bin.log_load += seconds * std::log(stretch.load);
  if (bin.seconds > kBinSecondsMost) scale(bin, kBinSecondsMost / bin.seconds);

  double weights = 0.0;
  for (const auto& [other, reference] : references.by_bin()) {
    if (other != at) weights += weight_of(reference, stretch.ended);
  }
  for (const auto& [other, reference] : references.by_bin()) {
    const double weight = weight_of(reference, stretch.ended) / std::max(1.0, weights);
    if (other == at || weight <= 0.0) continue;
    const double longer = log_seconds - reference.log_seconds;
    add_to(pairs[{std::max(at, other), std::min(at, other)}], at > other ? longer : -longer,
           weight);
  }
  references.add(at, log_seconds, stretch.ended);
}

CapacityEvidence CapacityEvidence::carried_over(double share) const {
  CapacityEvidence carried = *this;
  for (auto& [at, bin] : carried.bins) {
    scale(bin, share);
    bin.own_seconds = 0.0;
  }
  for (auto& [at, pair] : carried.pairs) scale(pair, share);
  return carried;
}

}  // namespace foretide::coordinator
