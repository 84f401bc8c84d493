// The making of a predictor as bytes and back (see delta_bytes.hpp): what it was made for, the past
// that it learns from, and what it takes over of the one before it. Said in full, up to 120 KB,
// since makings are rare and have nothing to do with one another.
//
// What no predictor could be made of would not have been written, so a reader refuses it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/settings/scale_section.hpp"
#include "coordinator/core/delta_lists.hpp"
#include "coordinator/core/prediction.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kPastWrittenMost = 1 << 16;
inline constexpr std::uint32_t kWorkersWrittenMost = settings::kWorkersMost;
// Seconds of a series, and steps of a predictor.
inline constexpr std::int64_t kSecondWrittenMost = std::int64_t{1} << 40;

inline bool can_be_recalled(const PricesLearned& prices) {
  const auto is_sum = [](double value) { return std::isfinite(value) && value >= 0.0; };
  const auto& unserved = prices.shares.unserved;
  return std::all_of(unserved.begin(), unserved.end(), is_sum) && is_sum(prices.shares.demand) &&
         prices.shares.steps >= 0 && prices.aim.steps >= 0 && is_sum(prices.aim.mean) &&
         prices.aim.mean < static_cast<double>(kPrices) && prices.aim.right < kPrices;
}

inline bool can_be_made(const PredictionMaking& making) {
  constexpr Duration kLongest = std::chrono::hours(24 * 30);
  const PredictionNeeds& needs = making.needs;
  return needs.start >= Duration::zero() && needs.start <= kLongest &&
         needs.window >= Duration::zero() && needs.window <= kLongest && needs.capacity > 0.0 &&
         needs.workers_min <= needs.workers_max && needs.workers_max <= kWorkersWrittenMost &&
         needs.shortage > 0.0 && needs.shortage <= 1.0 && making.next_second >= 0 &&
         making.next_second <= kSecondWrittenMost &&
         (!making.prices || can_be_recalled(*making.prices));
}

template <class Code>
void describe(Code& code, std::vector<std::optional<float>>& values) {
  each(code, values, {0, kPastWrittenMost}, [&](std::optional<float>& value, std::size_t) {
    bool is_known = value.has_value();
    code(is_known, true);
    if constexpr (Code::kReads) value = is_known ? std::optional(0.0F) : std::nullopt;
    if (value) code.raw(*value);
  });
}

template <class Code>
void describe(Code& code, PricesLearned& now, const PricesLearned& before) {
  double former = 0.0;
  for (double& unserved : now.shares.unserved) {
    code(unserved, former);
    former = unserved;
  }
  code(now.shares.demand, before.shares.demand);
  code(now.shares.steps, before.shares.steps);
  code(now.aim.steps, before.aim.steps);
  code(now.aim.right, before.aim.right);
  code(now.aim.mean, before.aim.mean);
}

template <class Code>
void describe(Code& code, PredictionMaking& now, const PredictionMaking& before) {
  code(now.number, before.number);
  code(now.needs.start, before.needs.start);
  code(now.needs.capacity, before.needs.capacity);
  code(now.needs.workers_min, before.needs.workers_min);
  code(now.needs.workers_max, before.needs.workers_max);
  code(now.needs.window, before.needs.window);
  code(now.needs.shortage, before.needs.shortage);
  code(now.next_second, before.next_second);
  code(now.past.step_seconds, before.past.step_seconds);
  describe(code, now.past.minutes);
  describe(code, now.past.steps);
  maybe(code, now.prices, before.prices);
  if constexpr (Code::kReads) {
    if (!can_be_made(now)) code.fail();
  }
}

}  // namespace foretide::coordinator
