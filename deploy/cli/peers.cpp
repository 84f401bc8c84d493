#include "deploy/cli/peers.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "coordinator/core/predict/shadow_run.hpp"

namespace foretide::cli {
namespace {

using coordinator::ShadowRun;

constexpr double kRounding = 1e-9;

std::uint32_t bounded(const PeerTrace& trace, double workers) {
  const double whole = std::ceil(std::max(0.0, workers) - kRounding);
  return static_cast<std::uint32_t>(
      std::clamp(whole, static_cast<double>(trace.workers_min),
                 static_cast<double>(std::max(trace.workers_min, trace.workers_max))));
}

// Demand as a scaler meters it: what is not known stands still.
class Meter {
 public:
  explicit Meter(const PeerTrace& trace) : step_seconds_(trace.step_seconds) {
    demand_.reserve(trace.demand_workers.size());
    double last = 0.0;
    for (const auto& demand : trace.demand_workers) {
      last = demand.value_or(last);
      demand_.push_back(last);
    }
  }
  double at(std::size_t step) const { return demand_[step]; }
  std::size_t size() const { return demand_.size(); }
  std::size_t steps_in(double seconds) const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(seconds / step_seconds_)));
  }
  double mean(std::size_t step, double seconds) const {
    const std::size_t count = std::min(step + 1, steps_in(seconds));
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) sum += demand_[step - i];
    return sum / static_cast<double>(count);
  }
  double largest(std::size_t first, std::size_t last) const {
    double most = 0.0;
    for (std::size_t i = first; i <= std::min(last, size() - 1); ++i) {
      most = std::max(most, demand_[i]);
    }
    return most;
  }

 private:
  double step_seconds_;
  std::vector<double> demand_;
};

// A number asked for at each step by `next(step, run)`.
template <class Next>
std::vector<std::uint32_t> follow(const PeerTrace& trace, const Next& next) {
  ShadowRun run(trace.lead_steps, trace.workers_min);
  std::vector<std::uint32_t> asked;
  asked.reserve(trace.demand_workers.size());
  for (std::size_t step = 0; step < trace.demand_workers.size(); ++step) {
    run.decide(bounded(trace, next(step, run)));
    asked.push_back(run.workers());
  }
  return asked;
}

std::vector<std::uint32_t> hpa(const PeerTrace& trace, double target) {
  constexpr double kPeriod = 15.0, kTolerance = 0.1, kMetric = 60.0, kStabilization = 300.0;
  const Meter meter(trace);
  const std::size_t every = static_cast<std::size_t>(std::max(1.0, kPeriod / trace.step_seconds));
  const double periods = std::max(1.0, trace.step_seconds / kPeriod);
  std::deque<double> recommended;
  return follow(trace, [&](std::size_t step, const ShadowRun& run) -> double {
    const double now = run.workers();
    double wanted = now;
    if (step % every == 0) {
      const double needed = meter.mean(step, kMetric) / target;
      if (std::abs(needed / std::max(1.0, now) - 1.0) > kTolerance) wanted = std::ceil(needed);
    }
    recommended.push_back(wanted);
    if (recommended.size() > meter.steps_in(kStabilization)) recommended.pop_front();
    if (wanted > now) {
      return std::min(wanted, std::max(now + 4.0 * periods, now * std::exp2(periods)));
    }
    return std::min(now, *std::max_element(recommended.begin(), recommended.end()));
  });
}

// What Knative would want; its windows are its own.
class Kpa {
 public:
  Kpa(const Meter& meter, double target)
      : meter_(meter), target_(target), calm_after_(meter.steps_in(kStable)) {}

  double next(std::size_t step, const ShadowRun& run) {
    constexpr double kUpRate = 1000.0, kDownRate = 2.0, kPanicThreshold = 2.0;
    const double ready = std::max(1.0, static_cast<double>(run.ready()));
    const auto within = [&](double workers) {
      return std::clamp(std::ceil(workers), std::floor(ready / kDownRate), kUpRate * ready);
    };
    const double stable = within(meter_.mean(step, kStable) / target_);
    const double panic = within(meter_.mean(step, kPanic) / target_);
    if (panic / ready >= kPanicThreshold) {
      most_ = in_panic_ ? std::max(most_, panic) : std::max<double>(run.workers(), panic);
      in_panic_ = true;
      calm_ = 0;
    } else if (in_panic_ && ++calm_ >= calm_after_) {
      in_panic_ = false;
    }
    if (!in_panic_) return stable;
    most_ = std::max({most_, stable, panic});
    return most_;
  }

 private:
  static constexpr double kStable = 60.0, kPanic = 6.0;
  const Meter& meter_;
  double target_;
  std::size_t calm_after_, calm_ = 0;
  bool in_panic_ = false;
  double most_ = 0.0;  // of this panic
};

std::vector<std::uint32_t> kpa(const PeerTrace& trace, double target) {
  const Meter meter(trace);
  Kpa kpa(meter, target);
  return follow(trace, [&](std::size_t step, const ShadowRun& run) { return kpa.next(step, run); });
}

std::vector<std::uint32_t> aws(const PeerTrace& trace, double target) {
  constexpr double kOutAfter = 180.0, kInAfter = 900.0, kInBelow = 0.9;
  const Meter meter(trace);
  const std::size_t out_after = meter.steps_in(kOutAfter), in_after = meter.steps_in(kInAfter);
  std::size_t above = 0, below = 0;
  return follow(trace, [&](std::size_t step, const ShadowRun& run) -> double {
    const double now = run.workers(), usage = meter.at(step) / std::max(1.0, now);
    above = usage > target ? above + 1 : 0;
    below = usage < kInBelow * target ? below + 1 : 0;
    const bool warming = run.ready() < run.workers();
    if (above >= out_after) return std::ceil(now * usage / target);
    if (below < in_after || warming) return now;
    // As many as all the time below needed.
    const std::size_t first = step + 1 - std::min(step + 1, in_after);
    return std::min(now, std::ceil(meter.largest(first, step) / target));
  });
}

std::vector<std::uint32_t> seasonal(const PeerTrace& trace, double target) {
  const Meter meter(trace);
  Kpa kpa(meter, target);
  const auto lead = static_cast<std::size_t>(trace.lead_steps) + 1;
  return follow(trace, [&](std::size_t step, const ShadowRun& run) {
    double wanted = kpa.next(step, run);
    for (const double days : {1.0, 7.0}) {
      const auto period = static_cast<std::size_t>(days * 86400.0 / trace.step_seconds);
      if (period <= lead || step < period) continue;
      const std::size_t then = step - period;
      wanted = std::max(wanted, std::ceil(meter.largest(then + 1, then + lead) / target));
    }
    return wanted;
  });
}

// a = sum((t - mean t)(d - mean d)) / sum((t - mean t)^2), b = mean d - a mean t
std::vector<std::uint32_t> line(const PeerTrace& trace, double target) {
  constexpr std::size_t kPoints = 20;
  const Meter meter(trace);
  const double ahead = static_cast<double>(trace.lead_steps) + 1.0;
  return follow(trace, [&](std::size_t step, const ShadowRun&) {
    const std::size_t count = std::min(step + 1, kPoints);
    if (count < 3) return meter.at(step) / target;
    const auto points = static_cast<double>(count);
    const double mean_t = -(points - 1.0) / 2.0;
    double mean_d = 0.0, products = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < count; ++i) mean_d += meter.at(step - i) / points;
    for (std::size_t i = 0; i < count; ++i) {
      const double t = -static_cast<double>(i) - mean_t;
      products += t * (meter.at(step - i) - mean_d);
      squares += t * t;
    }
    return (mean_d + products / squares * (ahead - mean_t)) / target;
  });
}

std::vector<std::uint32_t> constant(const PeerTrace& trace, double target) {
  return follow(trace, [&](std::size_t, const ShadowRun&) { return target; });
}

// Every worker that will be needed while one asked for now would be the last to come in time.
std::vector<std::uint32_t> clairvoyant(const PeerTrace& trace, double target) {
  const Meter meter(trace);
  const auto lead = static_cast<std::size_t>(trace.lead_steps) + 1;
  return follow(trace, [&](std::size_t step, const ShadowRun&) {
    return meter.largest(step + 1, step + lead) / target;
  });
}

constexpr std::pair<const char*, PeerAlgorithm> kPeers[] = {{"hpa", hpa},
                                                            {"kpa", kpa},
                                                            {"aws", aws},
                                                            {"seasonal", seasonal},
                                                            {"line", line},
                                                            {"static", constant},
                                                            {"clairvoyant", clairvoyant}};

}  // namespace

PeerAlgorithm peer_named(const std::string& name) {
  for (const auto& [known, algorithm] : kPeers) {
    if (name == known) return algorithm;
  }
  return nullptr;
}

std::vector<std::string> peer_names() {
  std::vector<std::string> names;
  for (const auto& [name, algorithm] : kPeers) names.emplace_back(name);
  return names;
}

}  // namespace foretide::cli
