#include "coordinator/core/capacity_evidence.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

constexpr double kLoadLeast = 0.0625, kRateLeast = 0.001;
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

void scale(CapacityEvidence::Rate& rate, double share) {
  rate.seconds *= share;
  rate.log_load *= share;
}

void scale(CapacityEvidence::Pair& pair, double share) {
  pair.weight *= share;
  pair.sum *= share;
  pair.squares *= share;
  pair.log_higher *= share;
  pair.log_lower *= share;
}

void add_to(CapacityEvidence::Pair& pair, const LoadReferences::Reference& higher,
            const LoadReferences::Reference& lower, double weight) {
  const double difference = higher.log_seconds - lower.log_seconds;
  pair.weight += weight;
  pair.log_higher += weight * higher.log_load;
  pair.log_lower += weight * lower.log_load;
  pair.sum += weight * difference;
  pair.squares += weight * difference * difference;
  if (pair.weight > kPairWeightMost) scale(pair, kPairWeightMost / pair.weight);
}

double weight_of(const LoadReferences::Reference& reference, Instant now) {
  const Duration age = now - reference.at;
  if (age > kReferenceLasts) return 0.0;
  return std::exp2(-seconds_in(age) / kReferenceHalvesSeconds);
}

int place_of(double value, double least, int bins) {
  const double bin = std::floor(kBinsToADoubling * std::log2(std::max(value, 1e-9) / least));
  return static_cast<int>(std::clamp(bin, 0.0, bins - 1.0));
}

double mean_of(double log_sum, double seconds) {
  return seconds > 0.0 ? std::exp(log_sum / seconds) : 0.0;
}

}  // namespace

int bin_of(double load) {
  return place_of(load, kLoadLeast, CapacityEvidence::kBins);
}

int rate_bin_of(double requests_per_second) {
  return place_of(requests_per_second, kRateLeast, CapacityEvidence::kRates);
}

double CapacityEvidence::Bin::load() const {
  return mean_of(log_load, seconds);
}

double CapacityEvidence::Rate::load() const {
  return mean_of(log_load, seconds);
}

void LoadReferences::add(int bin, double log_seconds, double log_load, Instant at) {
  const auto [entry, is_new] = by_bin_.try_emplace(bin, Reference{log_seconds, log_load, at});
  if (is_new) return;
  Reference& known = entry->second;
  const double moves = at - known.at > kReferenceLasts ? 1.0 : kReferenceMoves;
  known.log_seconds += moves * (log_seconds - known.log_seconds);
  known.log_load += moves * (log_load - known.log_load);
  known.at = at;
}

void CapacityEvidence::add(const LoadStretch& stretch, bool uses_all_cpu,
                           LoadReferences& references) {
  const double seconds = seconds_in(stretch.ended - stretch.began);
  const double log_load = std::log(stretch.load);
  Bin& bin = bins[bin_of(stretch.load)];
  bin.seconds += seconds;
  bin.own_seconds += seconds;
  if (stretch.others_waited) bin.held_seconds += seconds;
  if (uses_all_cpu) bin.cpu_seconds += seconds;
  bin.log_load += seconds * log_load;
  if (bin.seconds > kBinSecondsMost) scale(bin, kBinSecondsMost / bin.seconds);
  if (!(stretch.rate > 0.0)) return;

  const int at = rate_bin_of(stretch.rate);
  const LoadReferences::Reference here{std::log(stretch.service_seconds), log_load, stretch.ended};
  Rate& rate = rates[at];
  rate.seconds += seconds;
  rate.log_load += seconds * log_load;
  if (rate.seconds > kBinSecondsMost) scale(rate, kBinSecondsMost / rate.seconds);
  double weights = 0.0;
  for (const auto& [other, reference] : references.by_bin()) {
    if (other != at) weights += weight_of(reference, stretch.ended);
  }
  for (const auto& [other, reference] : references.by_bin()) {
    const double weight = weight_of(reference, stretch.ended) / std::max(1.0, weights);
    if (other == at || weight <= 0.0) continue;
    Pair& pair = pairs[{std::max(at, other), std::min(at, other)}];
    at > other ? add_to(pair, here, reference, weight) : add_to(pair, reference, here, weight);
  }
  references.add(at, here.log_seconds, log_load, stretch.ended);
}

CapacityEvidence CapacityEvidence::carried_over(double share) const {
  CapacityEvidence carried = *this;
  for (auto& [at, bin] : carried.bins) {
    scale(bin, share);
    bin.own_seconds = 0.0;
  }
  for (auto& [at, rate] : carried.rates) scale(rate, share);
  for (auto& [at, pair] : carried.pairs) scale(pair, share);
  return carried;
}

}  // namespace foretide::coordinator
