// DurationCounts as they travel: without the empty buckets at either end, as a service's requests
// are seldom further than two powers of ten apart. Who sends has `durations_of`, who receives
// `counts_in`, which answers nothing to buckets that this version does not know.
#pragma once

#include <optional>

#include "common/metrics/duration_counts.hpp"
#include "common/wire/messages.hpp"

namespace foretide::wire {

Durations durations_of(const DurationCounts& counts);
std::optional<DurationCounts> counts_in(const Durations& durations);

}  // namespace foretide::wire
