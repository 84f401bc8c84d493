#include "coordinator/core/knee_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace foretide::coordinator {
namespace {

constexpr double kGridRatio = 1.05, kGridFrom = 0.7;
constexpr double kKneeLeast = 0.85;  // one request waits for nobody: below, something else grows
constexpr double kBeyondSeen = 4.0;  // the grid reaches so many times as far as any load
constexpr std::array kSharpness{1.0, 1.4, 2.0, 3.0, 5.0, 12.0};
constexpr std::array kSteepness{1.0, 2.0};
constexpr double kSteepFrom = 1.5;       // the load seen must be so far above the knee to show it
constexpr double kErrorLeast = 0.05;     // as the law is only near the truth
constexpr double kSteepCosts = 4.0;      // in squares: the plainer law unless the other is better
constexpr double kGainLeast = 12.0;      // of a knee over none, likewise
constexpr double kGrowthLeast = 0.26;    // log 1.3: what a knee must do at the largest load seen
constexpr double kWeightLeast = 0.5;     // pairs with less are not looked at
constexpr double kVarianceLeast = 4e-4;  // of one difference: 2 %
constexpr double kLoadsToE = 32.0;       // loads nearer than 3 % are taken for one
constexpr double kMisfit = 9e-4;         // of a pair's mean: the law is only near the truth, 3 %

struct Difference {
  std::size_t higher = 0, lower = 0;  // places among the loads
  double mean = 0.0, weight = 0.0;
};

// The evidence as the fit wants it.
struct Differences {
  std::vector<double> loads;  // each once, in no order
  std::vector<Difference> all;
};

double pooled_variance(const CapacityEvidence& evidence) {
  double squares = 0.0, weight = 0.0;
  for (const auto& [bins, pair] : evidence.pairs) {
    if (pair.weight < kWeightLeast) continue;
    squares += pair.squares - pair.sum * pair.sum / pair.weight;
    weight += std::max(0.0, pair.weight - 1.0);
  }
  return std::max(kVarianceLeast, squares / std::max(1.0, weight));
}

Differences differences_in(const CapacityEvidence& evidence) {
  Differences differences;
  std::map<int, std::size_t> places;
  const auto place_of = [&](double log_load) {
    const int at = static_cast<int>(std::lround(log_load * kLoadsToE));
    const auto [place, is_new] = places.try_emplace(at, differences.loads.size());
    if (is_new) differences.loads.push_back(std::exp(at / kLoadsToE));
    return place->second;
  };
  const double variance = pooled_variance(evidence);
  for (const auto& [bins, pair] : evidence.pairs) {
    if (pair.weight < kWeightLeast) continue;
    differences.all.push_back({.higher = place_of(pair.log_higher / pair.weight),
                               .lower = place_of(pair.log_lower / pair.weight),
                               .mean = pair.sum / pair.weight,
                               .weight = 1.0 / (variance / pair.weight + kMisfit)});
  }
  return differences;
}

struct Law {
  double knee, sharpness, steepness;
  double operator()(double load) const {
    return steepness * std::log1p(std::pow(load / knee, sharpness)) / sharpness;
  }
};

double squares_left(const Differences& differences, const Law& law) {
  std::vector<double> grown;
  for (const double load : differences.loads) grown.push_back(law(load));
  double squares = 0.0;
  for (const Difference& one : differences.all) {
    const double off = one.mean - (grown[one.higher] - grown[one.lower]);
    squares += one.weight * off * off;
  }
  return squares;
}

struct Tried {
  double squares = std::numeric_limits<double>::infinity();
  Law law{};
};

// The best law with this knee.
Tried best_with(const Differences& differences, double knee, double seen) {
  Tried best;
  for (const double steepness : kSteepness) {
    if (steepness > 1.0 && seen < kSteepFrom * knee) continue;
    for (const double sharpness : kSharpness) {
      const Law law{knee, sharpness, steepness};
      const double squares = squares_left(differences, law) + (steepness > 1.0 ? kSteepCosts : 0.0);
      if (squares < best.squares) best = {squares, law};
    }
  }
  return best;
}

// How far the knee may move until there is one square more.
double error_of(const std::vector<Tried>& tried, const Tried& best, double scale) {
  double lowest = best.law.knee, highest = best.law.knee;
  for (const Tried& one : tried) {
    if ((one.squares - best.squares) / scale > 1.0) continue;
    lowest = std::min(lowest, one.law.knee);
    highest = std::max(highest, one.law.knee);
  }
  return std::max(0.5 * std::log(highest / lowest), kErrorLeast);
}

}  // namespace

std::optional<KneeFit> knee_of(const CapacityEvidence& evidence) {
  const Differences differences = differences_in(evidence);
  if (differences.all.empty()) return std::nullopt;
  double flat = 0.0, seen = 0.0;
  for (const Difference& one : differences.all) {
    flat += one.weight * one.mean * one.mean;
    seen = std::max({seen, differences.loads[one.higher], differences.loads[one.lower]});
  }
  std::vector<Tried> tried;
  Tried best;
  for (double knee = kGridFrom; knee < kBeyondSeen * seen; knee *= kGridRatio) {
    tried.push_back(best_with(differences, knee, seen));
    if (tried.back().squares < best.squares) best = tried.back();
  }
  if (tried.empty() || best.law.knee > seen || best.law.knee < kKneeLeast) return std::nullopt;
  // Where no law fits, all of them are so much less certain.
  const double freedom = std::max(1.0, static_cast<double>(differences.all.size()) - 2.0);
  const double scale = std::max(1.0, best.squares / freedom);
  if ((flat - best.squares) / scale < kGainLeast) return std::nullopt;
  const double growth = best.law(seen) - best.law(*std::ranges::min_element(differences.loads));
  if (growth < kGrowthLeast) return std::nullopt;
  return KneeFit{.load = best.law.knee, .log_error = error_of(tried, best, scale)};
}

}  // namespace foretide::coordinator
