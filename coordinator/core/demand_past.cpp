#include "coordinator/core/demand_past.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

using Values = std::vector<std::optional<float>>;
constexpr double kMinute = 60.0;

std::optional<float> narrow(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  return static_cast<float>(*value);
}

// Means of `count` each, aligned to the end; what does not fill one at the beginning is left out.
Values joined(const Values& values, std::size_t count) {
  Values means;
  for (std::size_t from = values.size() % count; from < values.size(); from += count) {
    KnownMean mean;
    for (std::size_t i = from; i < from + count; ++i) mean.add(values[i]);
    means.push_back(narrow(mean.mean()));
  }
  return means;
}

}  // namespace

DemandPast in_steps_of(DemandPast past, double step_seconds) {
  const double times = step_seconds / past.step_seconds;
  const bool is_whole = times >= 1.0 && std::abs(times - std::round(times)) < 1e-9;
  DemandPast other{.minutes = std::move(past.minutes), .step_seconds = step_seconds, .steps = {}};
  if (is_whole) {
    other.steps = joined(past.steps, static_cast<std::size_t>(std::llround(times)));
    if (step_seconds == kMinute) {
      other.minutes.insert(other.minutes.end(), other.steps.begin(), other.steps.end());
      other.steps = std::move(other.minutes);
      other.minutes.clear();
    }
    return other;
  }
  const double in_minute = std::max(1.0, kMinute / past.step_seconds);
  const Values minutes = joined(past.steps, static_cast<std::size_t>(std::llround(in_minute)));
  other.minutes.insert(other.minutes.end(), minutes.begin(), minutes.end());
  return other;
}

DemandPast past_of(const DemandHistory& history, double capacity) {
  const auto load = [capacity](double root) {
    return static_cast<float>(std::max(0.0, root) * root * capacity);
  };
  DemandPast past{.minutes = {}, .step_seconds = history.step_seconds(), .steps = {}};
  // The steps begin where a cell does.
  const std::int64_t in_cell = history.steps_in_cell();
  const std::int64_t first = (history.first_step_kept() + in_cell - 1) / in_cell * in_cell;
  const std::vector<float> cells = history.cells_before(first);
  std::transform(cells.begin(), cells.end(), std::back_inserter(past.minutes), load);
  for (std::int64_t step = first; step < history.end(); ++step) {
    past.steps.push_back(history.is_known(step) ? std::optional(load(history.root(step)))
                                                : std::nullopt);
  }
  return past;
}

DemandPast past_of(const DemandSeries& series, std::int64_t step_seconds, std::int64_t end) {
  DemandPast past{.minutes = {}, .step_seconds = static_cast<double>(step_seconds), .steps = {}};
  const std::int64_t count = std::max<std::int64_t>(0, end - series.first()) / step_seconds;
  for (std::int64_t from = end - count * step_seconds; from < end; from += step_seconds) {
    KnownMean mean;
    for (std::int64_t second = from; second < from + step_seconds; ++second) {
      mean.add(series.load(second));
    }
    past.steps.push_back(narrow(mean.mean()));
  }
  return past;
}

}  // namespace foretide::coordinator
