#include "coordinator/core/predict/lookout.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

// By how much the dearer must be dearer before another is listened to.
constexpr double kClearly = 1.05;
// What is expected less often than this is not expected.
constexpr double kThinkable = 1e-3;

std::uint32_t thinkable_for(const DemandPredictor& predictor, std::size_t level) {
  std::uint32_t enough =
      static_cast<std::uint32_t>(predictor.policies().curve(Policy::kTrend, 0).size());
  std::uint32_t short_of = 0;
  if (predictor.mix().need_next(level, enough - 1, predictor.policies()) > kThinkable) {
    return enough;
  }
  // The need falls from worker to worker: halve the interval.
  while (enough > short_of) {
    const std::uint32_t middle = short_of + (enough - short_of) / 2;
    if (predictor.mix().need_next(level, middle, predictor.policies()) > kThinkable) {
      short_of = middle + 1;
    } else {
      enough = middle;
    }
  }
  return enough;
}

// A jump at the beginning of a short history looks like what always happens: until more was seen
// nobody follows prediction far beyond what the present needs.
std::uint32_t most_of_the_young(std::uint32_t reactive_workers) {
  return reactive_workers + (reactive_workers + 1) / 2 + 1;
}

double expected_for(const DemandPredictor& predictor, std::size_t level) {
  const PolicyMix::Weights& weights = predictor.mix().weights(level);
  const std::size_t last = predictor.policies().distances().size() - 1;
  double expected = 0.0;
  for (std::size_t policy = 0; policy < kPolicies; ++policy) {
    expected +=
        weights[policy] * predictor.policies().curve(static_cast<Policy>(policy), last).mean();
  }
  return expected;
}

}  // namespace

std::uint32_t Foresight::in_workers_of(double each, std::uint32_t count) const {
  // Rounding must not buy a worker.
  constexpr double kRounding = 1e-6, kMost = 1e6;
  if (each == capacity) return count;
  return static_cast<std::uint32_t>(
      std::min(kMost, std::ceil(count * capacity / each - kRounding)));
}

void Lookout::adjust(const DemandPredictor& predictor) {
  aim_.adjust(predictor.shares());
  if (!predictor.worth().has_learned()) return;
  const auto bill = predictor.worth().bill(aim_.level());
  const auto reactive = predictor.worth().reactive_bill();
  // Who leaves more unserved than is asked for is not the cheaper one, whatever he saves.
  const bool serves = reactive.unserved <= std::max(shortage_, bill.unserved);
  const double times = reactive.workers / bill.workers;
  if (pays_ ? serves && times < 1.0 / kClearly : !serves || times > kClearly) pays_ = !pays_;
}

Foresight Lookout::foresight(const DemandPredictor& predictor) const {
  using Standing = Foresight::Standing;
  const std::size_t level = aim_.level();
  const PolicyMix::Weights& weights = predictor.mix().weights(level);
  const PredictionWorth& worth = predictor.worth();
  Foresight foresight{.workers = predictor.mix().workers(level),
                      .expected = expected_for(predictor, level),
                      .price = price_at(level),
                      .policy = static_cast<Policy>(
                          std::max_element(weights.begin(), weights.end()) - weights.begin()),
                      .steps_seen = worth.seen(),
                      .learned_after = worth.learned_after(),
                      .workers_thinkable = thinkable_for(predictor, level)};
  if (!worth.is_grown()) {
    foresight.workers = std::min(foresight.workers, most_of_the_young(worth.reactive_workers()));
  }
  if (!worth.has_learned()) return foresight;
  foresight.standing = pays_ ? Standing::kPays : Standing::kDoesNotPay;
  foresight.bill = worth.bill(level);
  foresight.reactive_bill = worth.reactive_bill();
  return foresight;
}

std::string text_of(const Foresight& foresight) {
  if (foresight.standing == Foresight::Standing::kLearning) {
    return text_of("learning: %lld of %lld steps of demand seen",
                   static_cast<long long>(foresight.steps_seen),
                   static_cast<long long>(foresight.learned_after));
  }
  const bool pays = foresight.standing == Foresight::Standing::kPays;
  const std::string mean = text_of("%.3g", foresight.bill.workers);
  const std::string mean_workers = mean + (mean == "1" ? " worker" : " workers");
  return text_of(
      "%s: of late prediction would have paid for %s and left %.3g %% of the demand "
      "unserved, the reactive rules alone %.3g and %.3g %%",
      pays ? "on" : "off, for reactive is as good on this demand", mean_workers.c_str(),
      100.0 * foresight.bill.unserved, foresight.reactive_bill.workers,
      100.0 * foresight.reactive_bill.unserved);
}

}  // namespace foretide::coordinator
