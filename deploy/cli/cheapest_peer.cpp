#include "deploy/cli/cheapest_peer.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace foretide::cli {
namespace {

constexpr double kTargetLeast = 0.03, kTargetMost = 2.5, kTargetRatio = 1.06;
// How near to the goal is near enough, and after how many halvings of 6 % there is no nearer.
constexpr double kNear = 0.01;
constexpr int kHalvingsMost = 16;

using At = std::function<SimulatedRun(double target)>;

// The more of them, the less is unserved: halve the interval.
SimulatedRun fewest_static(const SimulationSettings& settings, double shortage, const At& at) {
  std::uint32_t enough = settings.workers_max, fewest = std::max(1U, settings.workers_min);
  auto best = at(enough);
  if (best.unserved > shortage) return best;
  while (fewest < enough) {
    const std::uint32_t middle = fewest + (enough - fewest) / 2;
    auto run = at(middle);
    if (run.unserved > shortage) {
      fewest = middle + 1;
    } else {
      enough = middle;
      best = std::move(run);
    }
  }
  return best;
}

class Search {
 public:
  Search(double shortage, const At& at) : shortage_(shortage), at_(at) {}

  SimulatedRun best() {
    for (double target = kTargetLeast; target < kTargetMost; target *= kTargetRatio) {
      const bool is_met = takes(at_(target));
      if (!is_met && cheapest_ && !missed_above_) missed_above_ = target;
    }
    if (!cheapest_) return std::move(*least_);
    if (missed_above_) refine(cheapest_->aim, *missed_above_);
    return std::move(*cheapest_);
  }

 private:
  // Whether the goal is met with it.
  bool takes(SimulatedRun run) {
    if (run.unserved > shortage_) {
      if (!least_ || run.unserved < least_->unserved) least_ = std::move(run);
      return false;
    }
    if (cheapest_ && run.cost >= cheapest_->cost) return true;
    cheapest_ = std::move(run);
    missed_above_.reset();
    return true;
  }

  void refine(double met, double missed) {
    for (int i = 0; i < kHalvingsMost; ++i) {
      if (cheapest_->unserved >= shortage_ * (1.0 - kNear)) return;
      const double middle = (met + missed) / 2.0;
      (takes(at_(middle)) ? met : missed) = middle;
    }
  }

  double shortage_;
  const At& at_;
  std::optional<SimulatedRun> cheapest_, least_;
  std::optional<double> missed_above_;  // the first target above the cheapest's that misses
};

}  // namespace

SimulatedRun cheapest_peer(const DemandTrace& trace, const SimulationSettings& settings,
                           const std::string& peer, double shortage) {
  const At at = [&](double target) {
    return simulate_peer(trace, settings, peer_named(peer), target);
  };
  if (peer == "static") return fewest_static(settings, shortage, at);
  return Search(shortage, at).best();
}

}  // namespace foretide::cli
