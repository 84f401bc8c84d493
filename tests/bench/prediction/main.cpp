// What the prediction of one running service costs: time for each step and for each turn of the
// coordinator, and memory, at several start times. A made demand with a day's wave, noise and now
// and then a crowd; fifteen days of minutes are remembered first.
//
//     bench-prediction [STEPS]      (4,000)
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "coordinator/core/prediction.hpp"
#include "coordinator/core/prediction_round.hpp"

namespace foretide::coordinator {
namespace {

using Clock = std::chrono::steady_clock;

double micros_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double load_at(std::int64_t second, std::mt19937& random) {
  const double wave =
      20.0 + 15.0 * std::sin(static_cast<double>(second) * 2.0 * 3.14159265 / 86400.0);
  const double crowd = second % 7000 < 60 ? 30.0 : 0.0;
  return static_cast<double>(std::poisson_distribution<int>(wave + crowd)(random));
}

void play(int start_seconds, int steps) {
  std::mt19937 random(1);
  DemandPast past{.minutes = {}, .step_seconds = 60.0, .steps = {}};
  for (int minute = 0; minute < 15 * 24 * 60; ++minute) {
    past.minutes.push_back(static_cast<float>(load_at(minute * 60, random)));
  }
  const auto before = mallinfo2().uordblks;
  auto prediction = std::make_unique<Prediction>();
  DemandSeries series;
  const auto series_bytes = mallinfo2().uordblks;
  prediction->remember(past);
  const PredictionNeeds needs{.start = std::chrono::seconds(start_seconds),
                              .capacity = 2.0,
                              .workers_min = 1,
                              .workers_max = 100,
                              .window = std::chrono::minutes(1)};
  const std::int64_t step = grid_for(needs.start).step_seconds;
  std::vector<double> turns;
  double whole = 0.0;
  std::int64_t taken = 0;
  Instant now{std::chrono::seconds(1000)};
  for (std::int64_t second = 0; second < steps * step; ++second) {
    series.add(now, now + std::chrono::seconds(1), load_at(second, random));
    now += std::chrono::seconds(1);
    series.close(now, 1, 1.0);
    for (int tick = 0; tick < 10; ++tick) {
      int left = kGrowingStepsAtOnce;
      const auto begin = Clock::now();
      prediction->advance(series, needs, left);
      prediction->take_making();  // as who writes it down does
      if (left == kGrowingStepsAtOnce) break;
      turns.push_back(micros_since(begin));
      whole += turns.back();
      taken += kGrowingStepsAtOnce - left;
    }
  }
  const auto bytes = mallinfo2().uordblks - std::max(before, series_bytes);
  std::sort(turns.begin(), turns.end());
  std::printf("%7d s %5lld s %5lld %10.3f ms %10.3f ms %10.3f ms %9.2f MB\n", start_seconds,
              static_cast<long long>(step),
              static_cast<long long>(grid_for(needs.start).lead_steps),
              whole / 1000.0 / static_cast<double>(taken), turns[turns.size() * 99 / 100] / 1000.0,
              turns.back() / 1000.0, static_cast<double>(bytes) / 1e6);
}

}  // namespace
}  // namespace foretide::coordinator

int main(int count, char** words) {
  const int steps = count > 1 ? std::atoi(words[1]) : 4000;
  std::printf("%9s %7s %5s %13s %13s %13s %12s\n", "start", "step", "ahead", "a step, mean",
              "a turn, p99", "a turn, most", "memory");
  for (const int start : {2, 10, 30, 120, 600}) foretide::coordinator::play(start, steps);
}
