#include "coordinator/core/learned_capacity.hpp"

#include <algorithm>
#include <cmath>

#include "common/settings/cluster.hpp"

namespace foretide::coordinator {
namespace {

constexpr double kCarriedOver = 0.1;
constexpr double kWellUsed = 0.8;  // of the knee, as of `hard`
constexpr double kRangeMost = 8.0;
static_assert(kLearnedMost == kRangeMost * kCapacityPrior);
constexpr double kServedSecondsLeast = 60.0;
constexpr Duration kMovesEvery = std::chrono::seconds(30);
constexpr double kStepMost = 1.25, kStepLeast = 1.05, kTurnLeast = 1.125;

bool is_of(const KindCapacity& kind, const ReleaseId& release, double cpus) {
  return kind.release == release && std::abs(kind.cpus - cpus) < 0.005;
}

std::size_t count_of(const LearnedCapacity& learned, const ReleaseId& release) {
  return static_cast<std::size_t>(
      std::count_if(learned.kinds.begin(), learned.kinds.end(),
                    [&](const KindCapacity& kind) { return kind.release == release; }));
}

double within_range(double capacity, double least) {
  return std::clamp(capacity, least, kLearnedMost);
}

void settle(KindCapacity& kind) {
  const CapacityEstimate& estimate = kind.estimate;
  constexpr double kLeast = kCapacityPrior / kRangeMost;
  if (estimate.knee) {
    if (estimate.confidence != Confidence::kGood) return;
    const bool by_cpu = estimate.by == CapacityEstimate::By::kCpu;
    kind.settled = within_range(kWellUsed * *estimate.knee, by_cpu ? kLearnedByCpuLeast : kLeast);
  } else if (estimate.served_seconds >= kServedSecondsLeast &&
             estimate.served > kind.settled.value_or(kCapacityPrior)) {
    kind.settled = within_range(estimate.served, kLeast);
  }
}

}  // namespace

const KindCapacity* LearnedCapacity::find(const ReleaseId& release, double cpus) const {
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const KindCapacity& one) {
    return is_of(one, release, cpus);
  });
  return kind == kinds.end() ? nullptr : &*kind;
}

KindCapacity* LearnedCapacity::kind_for(const ReleaseId& release, double cpus) {
  for (KindCapacity& kind : kinds) {
    if (is_of(kind, release, cpus)) return &kind;
  }
  if (count_of(*this, release) >= kKindsMost) return nullptr;
  kinds.push_back(
      {.release = release, .cpus = cpus, .evidence = {}, .estimate = {}, .settled = {}});
  return &kinds.back();
}

void begin_release(LearnedCapacity& learned, const ReleaseId& release) {
  if (learned.kinds.empty()) return;
  if (count_of(learned, release) > 0) {
    // The present one's stand last.
    std::stable_partition(learned.kinds.begin(), learned.kinds.end(),
                          [&](const KindCapacity& kind) { return kind.release != release; });
    return;
  }
  const ReleaseId former = learned.kinds.back().release;
  std::erase_if(learned.kinds, [&](const KindCapacity& kind) { return kind.release != former; });
  for (std::size_t i = 0, count = learned.kinds.size(); i < count; ++i) {
    KindCapacity kind = learned.kinds[i];
    kind.release = release;
    kind.evidence = kind.evidence.carried_over(kCarriedOver);
    kind.estimate = estimate_for(kind.evidence);
    learned.kinds.push_back(std::move(kind));
  }
}

void estimate(LearnedCapacity& learned) {
  for (KindCapacity& kind : learned.kinds) {
    kind.estimate = estimate_for(kind.evidence);
    settle(kind);
  }
}

double worth_of(const LearnedCapacity& learned, const ReleaseId& release, double cpus) {
  const KindCapacity* known = learned.find(release, cpus);
  if (known && known->settled) return *known->settled;
  double sum = 0.0;
  int settled = 0;
  for (const KindCapacity& kind : learned.kinds) {
    if (kind.release != release || !kind.settled) continue;
    sum += *kind.settled;
    ++settled;
  }
  return settled > 0 ? sum / settled : kCapacityPrior;
}

void move_towards(LearnedCapacity& learned, double worth, Instant now) {
  const double in_use = learned.in_use.value_or(kCapacityPrior);
  const double times = worth / in_use;
  const int way = times > 1.0 ? 1 : -1;
  const double least = learned.moved == -way ? kTurnLeast : kStepLeast;
  if (std::max(times, 1.0 / times) < least) return;
  if (learned.moved != 0 && now - learned.moved_at < kMovesEvery) return;
  learned.in_use = in_use * std::clamp(times, 1.0 / kStepMost, kStepMost);
  learned.moved = way;
  learned.moved_at = now;
}

}  // namespace foretide::coordinator
