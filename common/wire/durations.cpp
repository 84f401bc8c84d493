#include "common/wire/durations.hpp"

#include <algorithm>

namespace foretide::wire {

Durations durations_of(const DurationCounts& counts) {
  const auto& all = counts.counts();
  const auto is_used = [](std::uint64_t count) { return count > 0; };
  const auto first = std::find_if(all.begin(), all.end(), is_used);
  if (first == all.end()) return {};
  const auto end = std::find_if(all.rbegin(), all.rend(), is_used).base();
  return {static_cast<std::uint32_t>(first - all.begin()), {first, end}};
}

std::optional<DurationCounts> counts_in(const Durations& durations) {
  if (durations.first >= DurationCounts::kBuckets) return std::nullopt;
  if (durations.counts.size() > DurationCounts::kBuckets - durations.first) return std::nullopt;
  DurationCounts::Counts counts{};
  std::copy(durations.counts.begin(), durations.counts.end(), counts.begin() + durations.first);
  return DurationCounts(counts);
}

}  // namespace foretide::wire
