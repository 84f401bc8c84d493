#include "coordinator/core/signals.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "coordinator/core/desired.hpp"
#include "coordinator/core/lead_time.hpp"
#include "coordinator/core/queue_signal.hpp"
#include "coordinator/core/signal_reading.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

using Standing = SignalReading::State;

constexpr Duration kRateWindow = std::chrono::seconds(2);

// Requests a second: the largest mean of two seconds within the window, or of those that are not
// over yet.
std::optional<double> largest_rate(const ServiceRecord& service, Instant now) {
  const DemandSeries& series = service.series;
  const auto window = std::chrono::ceil<std::chrono::seconds>(service.settings->scale.window);
  const std::int64_t first =
      std::max(series.first(), DemandSeries::second_of(now) - window.count());
  std::optional<double> largest, after;
  for (std::int64_t second = series.end() - 1; second >= first; --second) {
    const auto here = series.arrivals(second);
    if (here && after) largest = std::max(largest.value_or(0.0), (*here + *after) / 2.0);
    after = here;
  }
  const double present = service.recent.over(kRateWindow, now).arrivals_per_second;
  if (present > 0.0) largest = std::max(largest.value_or(0.0), present);
  return largest;
}

// When the worker that it last got could serve; nothing when it got none.
std::optional<Instant> served_at(const ServiceStanding& service, const std::string& signal,
                                 const Situation& at) {
  const auto rise = service.rises.find(signal);
  if (rise == service.rises.end()) return std::nullopt;
  return rise->second.at + at.lead_time();
}

SignalSeen seen(const Signal& signal, const ServiceRecord& service, const Situation& at) {
  using Kind = SignalSeen::Kind;
  SignalSeen seen{.kind = is_shared_out(signal) ? Kind::kShare
                          : is_limit(signal)    ? Kind::kLimit
                                                : Kind::kLoad,
                  .now = reading_of(signal, service, at.ready, at.now - kSignalWindow),
                  .since_rise = {},
                  .largest = {},
                  .word = {}};
  if (const auto* queue = std::get_if<QueueDepth>(&signal)) {
    seen.word = queue_opinion(*queue, service, at.now);
  }
  if (seen.kind == Kind::kLoad) {
    if (!seen.word) seen.largest = largest_rate(service, at.now);
    return seen;
  }
  const auto served = served_at(service, seen.now.name, at);
  if (served && at.now >= *served && at.now - *served < kSignalWindow) {
    seen.since_rise = reading_of(signal, service, at.ready, *served);
  }
  return seen;
}

Opinion opinion_of_load(const SignalSeen& signal) {
  if (!signal.largest) return {signal.now.name, 0, "the requests of the window are not known"};
  const double each = signal.now.limit;
  const std::uint32_t workers = workers_for(*signal.largest, each);
  return {signal.now.name, workers,
          text_of("%.1f requests a second need %s", *signal.largest,
                  workers_of(workers, each).c_str())};
}

// Why a breach gets no further worker yet; empty: it does.
std::string why_wait(const SignalSeen& signal, const ServiceStanding& service,
                     const Situation& at) {
  const auto served = served_at(service, signal.now.name, at);
  if (!served) return {};
  if (at.now < *served) return "the worker that it was given is not there yet";
  if (!signal.since_rise || signal.since_rise->state() == Standing::kBreached) return {};
  return "since it was given a worker: " + signal.since_rise->words;
}

Opinion opinion_of_limit(const SignalSeen& signal, const ServiceStanding& service,
                         const Situation& at) {
  const SignalReading& reading = signal.now;
  if (reading.state() != Standing::kBreached) return {reading.name, 0, reading.words};
  const std::uint32_t from = service.desired.value_or(0);
  const std::uint32_t more = std::min(at.ready, from) + 1;
  const std::string above = "above the limit, " + reading.words;
  const std::string wait = why_wait(signal, service, at);
  if (!wait.empty()) return {reading.name, std::min(more, from), above + "; " + wait};
  return {reading.name, more,
          above + text_of(": one worker more than the %u that are ready", at.ready)};
}

Opinion opinion_for(const SignalSeen& signal, const ServiceStanding& service, const Situation& at) {
  if (signal.word) return *signal.word;
  if (is_idle(service, at)) return {signal.now.name, 0, "nobody asks for anything"};
  if (signal.kind == SignalSeen::Kind::kLoad) return opinion_of_load(signal);
  return opinion_of_limit(signal, service, at);
}

// That it gave the signal a worker within the window holds so many.
std::optional<Opinion> hold_of_rise(const SignalSeen& signal, const ServiceStanding& service,
                                    Instant now, std::uint32_t from) {
  const std::string& name = signal.now.name;
  const auto rise = service.rises.find(name);
  if (rise == service.rises.end()) return std::nullopt;
  if (now - rise->second.at >= service.settings->scale.window) return std::nullopt;
  // A load knows how many it needs; what others added goes when they no longer ask for it. Of a
  // limit nobody knows which of all workers it takes.
  const bool is_load = signal.kind == SignalSeen::Kind::kLoad;
  return Opinion{"signal", is_load ? std::min(from, rise->second.workers) : from,
                 name + " was given a worker within the window"};
}

// Fewer than this many would be above the limit with what all have to do together.
std::uint32_t survivors_needed(const SignalReading& reading, std::uint32_t ready) {
  constexpr double kRounding = 1e-9, kNeededMost = 1e6;
  const double ratio = std::max(0.0, reading.ratio().value_or(0.0));
  return static_cast<std::uint32_t>(
      std::min(kNeededMost, std::max(0.0, std::ceil(ready * ratio - kRounding))));
}

// Names come from the cluster file, and go.
template <class Kept>
void forget_others(std::map<std::string, Kept>& kept, const Situation& situation) {
  std::erase_if(kept, [&](const auto& one) {
    return std::none_of(situation.signals.begin(), situation.signals.end(),
                        [&](const SignalSeen& signal) { return signal.now.name == one.first; });
  });
}

}  // namespace

std::vector<SignalSeen> signals_seen(const ServiceRecord& service, const Situation& at) {
  std::vector<SignalSeen> all;
  for (const Signal& signal : service.settings->scale.signals) {
    all.push_back(seen(signal, service, at));
  }
  return all;
}

void add_signals(const ServiceStanding& service, const Situation& situation,
                 std::vector<Opinion>& opinions) {
  for (const SignalSeen& signal : situation.signals) {
    opinions.push_back(opinion_for(signal, service, situation));
  }
}

void hold_for_signals(const ServiceStanding& service, const Situation& situation,
                      std::uint32_t from, std::vector<Opinion>& floors) {
  for (const SignalSeen& signal : situation.signals) {
    if (signal.word) continue;
    const SignalReading& reading = signal.now;
    if (auto held = hold_of_rise(signal, service, situation.now, from)) {
      floors.push_back(std::move(*held));
    } else if (signal.kind == SignalSeen::Kind::kLoad) {
      continue;
    } else if (reading.state() == Standing::kNear || reading.state() == Standing::kBreached) {
      floors.push_back(
          {"signal", from, reading.name + " is above nine tenths of its limit: " + reading.words});
    } else if (signal.kind == SignalSeen::Kind::kShare && reading.value) {
      const std::uint32_t needed = survivors_needed(reading, situation.ready);
      floors.push_back(
          {"signal", std::min(from, needed),
           "fewer would be above the limit of " + reading.name + ", now " + reading.words});
    }
  }
}

void note_rises(ServiceStanding& service, const Situation& situation, const Decision& decision) {
  if (decision.to <= decision.from) return;
  for (const SignalSeen& signal : situation.signals) {
    const std::string& name = signal.now.name;
    const auto asked = std::find_if(
        decision.opinions.begin(), decision.opinions.end(), [&](const Opinion& opinion) {
          return opinion.rule == name && opinion.workers > decision.from;
        });
    if (asked == decision.opinions.end()) continue;
    service.rises[name] = {situation.now, std::min(decision.to, asked->workers)};
  }
  forget_others(service.rises, situation);
}

void tell_breaches(Turn& turn, ServiceRecord& service, const Situation& situation) {
  const std::uint32_t max = service.settings->scale.max;
  forget_others(service.signals.traces, situation);
  for (const SignalSeen& signal : situation.signals) {
    if (signal.kind == SignalSeen::Kind::kLoad) continue;
    const SignalReading& reading = signal.now;
    SignalTrace& trace = service.signals.traces[reading.name];
    if (reading.state() == Standing::kFine) trace.told_at_max = false;
    const bool is_stuck = reading.state() == Standing::kBreached && situation.ready >= max &&
                          why_wait(signal, service, situation).empty();
    if (!is_stuck || std::exchange(trace.told_at_max, true)) continue;
    tell(turn,
         {.kind = "signal",
          .service = service.id,
          .text = service.id.text + ": " + reading.name + " is above its limit (" + reading.words +
                  ") with as many workers as max allows, " + std::to_string(max)});
  }
}

}  // namespace foretide::coordinator
