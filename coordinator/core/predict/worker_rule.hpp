// How many workers to ask for, given what each is expected to serve and what a shortage costs.
//
// Think of a newsvendor who must order before he knows: he orders one paper more as long as the
// chance to sell it is worth its price. `price` is what one worker's worth of demand that finds no
// free worker costs, in worker-steps. So a worker is started when price times the share of it that
// will be needed at the end of the lead time, when it could first serve, is at least one.
//
// One that runs is stopped only if no moment until then is worth waiting for: the running sum of
// price times need less `kReluctance` stays below zero all the way. That is less than one because
// who waits a step knows more a step later, and to call a worker back takes the whole lead time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace foretide::coordinator {

// What waiting with a worker that may not be needed is held to cost a step. From 0.3 to 0.6 made no
// difference on sixteen recorded demands; 0.2 and 1 cost one to two percent.
inline constexpr double kReluctance = 0.4;

// `need(worker, distance)` is the share of the worker, counted from 0, at each of `distances`; it
// falls from worker to worker. Between the distances it is read off a straight line.
template <class Need>
std::uint32_t workers_for(const std::vector<std::int64_t>& distances, std::uint32_t running,
                          std::uint32_t workers_max, double price, const Need& need) {
  const auto is_worth_starting = [&](std::uint32_t workers) {
    return price * need(workers - 1, distances.size() - 1) >= 1.0;
  };
  const auto is_worth_keeping = [&](std::uint32_t workers) {
    double sum = 0.0, before = need(workers - 1, 0);
    std::int64_t reached = 0;
    for (std::size_t i = 0; i < distances.size(); ++i) {
      const double then = need(workers - 1, i);
      const std::int64_t steps = distances[i] - reached;
      for (std::int64_t step = 1; step <= steps; ++step) {
        const auto part = static_cast<double>(step) / static_cast<double>(steps);
        sum += price * (before + (then - before) * part) - kReluctance;
        if (sum >= 0.0) return true;
      }
      before = then;
      reached = distances[i];
    }
    return false;
  };
  // The largest number in [from, to] that is worth it; `from` counts as worth it.
  const auto largest = [](std::uint32_t from, std::uint32_t to, const auto& is_worth_it) {
    while (from < to) {
      const std::uint32_t middle = from + (to - from + 1) / 2;
      if (is_worth_it(middle)) {
        from = middle;
      } else {
        to = middle - 1;
      }
    }
    return from;
  };
  const std::uint32_t started = largest(0, workers_max, is_worth_starting);
  if (running <= started || started == workers_max) return started;
  return largest(started, std::min(running, workers_max), is_worth_keeping);
}

}  // namespace foretide::coordinator
