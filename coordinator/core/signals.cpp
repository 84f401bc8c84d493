#include "coordinator/core/signals.hpp"

#include <algorithm>
#include <cmath>
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

SignalReading reading_now(const Signal& signal, const ServiceRecord& service, const Situation& at) {
  return reading_of(signal, service, at.ready, at.now - kSignalWindow);
}

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

Opinion opinion_of(const RequestRate& rate, const ServiceRecord& service, const Situation& at) {
  const auto largest = largest_rate(service, at.now);
  if (!largest) return {"requests", 0, "the requests of the window are not known"};
  const std::uint32_t workers = workers_for(*largest, rate.per_worker);
  return {"requests", workers,
          text_of("%.1f requests a second need %s", *largest,
                  workers_of(workers, rate.per_worker).c_str())};
}

std::optional<Instant> last_rise(const Signal& signal, const ServiceRecord& service) {
  const auto trace = service.signals.traces.find(name_of(signal));
  return trace == service.signals.traces.end() ? std::nullopt : trace->second.rose_at;
}

// Why a breach gets no further worker yet; empty: it does.
std::string why_wait(const Signal& signal, const ServiceRecord& service, const Situation& at) {
  const auto rose_at = last_rise(signal, service);
  if (!rose_at) return {};
  const Instant served = *rose_at + lead_time_for(service.start_times);
  if (at.now < served) return "the worker that it was given is not there yet";
  if (at.now - served >= kSignalWindow) return {};
  const SignalReading since = reading_of(signal, service, at.ready, served);
  if (since.state() == Standing::kBreached) return {};
  return "since it was given a worker: " + since.words;
}

Opinion opinion_of_limit(const Signal& signal, const ServiceRecord& service, const Situation& at) {
  const SignalReading reading = reading_now(signal, service, at);
  if (reading.state() != Standing::kBreached) return {reading.name, 0, reading.words};
  const std::uint32_t from = service.desired.value_or(0);
  const std::uint32_t more = std::min(at.ready, from) + 1;
  const std::string above = "above the limit, " + reading.words;
  const std::string wait = why_wait(signal, service, at);
  if (!wait.empty()) return {reading.name, std::min(more, from), above + "; " + wait};
  return {reading.name, more,
          above + text_of(": one worker more than the %u that are ready", at.ready)};
}

Opinion opinion_for(const Signal& signal, const ServiceRecord& service, const Situation& at) {
  if (const auto* queue = std::get_if<QueueDepth>(&signal)) {
    return queue_opinion(*queue, service, at.now);
  }
  if (is_idle(service, at)) return {name_of(signal), 0, "nobody asks for anything"};
  if (const auto* rate = std::get_if<RequestRate>(&signal)) return opinion_of(*rate, service, at);
  return opinion_of_limit(signal, service, at);
}

// Fewer than this many would be above the limit with what all have to do together.
std::uint32_t survivors_needed(const SignalReading& reading, std::uint32_t ready) {
  constexpr double kRounding = 1e-9;
  const double ratio = std::max(0.0, reading.ratio().value_or(0.0));
  return static_cast<std::uint32_t>(std::max(0.0, std::ceil(ready * ratio - kRounding)));
}

}  // namespace

void add_signals(const ServiceRecord& service, const Situation& situation,
                 std::vector<Opinion>& opinions) {
  for (const Signal& signal : service.settings->scale.signals) {
    opinions.push_back(opinion_for(signal, service, situation));
  }
}

void hold_for_signals(const ServiceRecord& service, const Situation& situation, std::uint32_t from,
                      std::vector<Opinion>& floors) {
  for (const Signal& signal : service.settings->scale.signals) {
    if (!is_limit(signal)) continue;
    const SignalReading reading = reading_now(signal, service, situation);
    const auto rose_at = last_rise(signal, service);
    if (rose_at && situation.now - *rose_at < service.settings->scale.window) {
      floors.push_back({"signal", from, reading.name + " was given a worker within the window"});
    } else if (reading.state() == Standing::kNear || reading.state() == Standing::kBreached) {
      floors.push_back(
          {"signal", from, reading.name + " is above nine tenths of its limit: " + reading.words});
    } else if (is_shared_out(signal) && reading.value) {
      const std::uint32_t needed = survivors_needed(reading, situation.ready);
      floors.push_back(
          {"signal", std::min(from, needed),
           "fewer would be above the limit of " + reading.name + ", now " + reading.words});
    }
  }
}

void note_rises(ServiceRecord& service, const Decision& decision, Instant now) {
  if (decision.to <= decision.from) return;
  for (const Signal& signal : service.settings->scale.signals) {
    const std::string name = name_of(signal);
    const bool asked = std::any_of(decision.opinions.begin(), decision.opinions.end(),
                                   [&](const Opinion& opinion) {
                                     return opinion.rule == name && opinion.workers > decision.from;
                                   });
    if (asked) service.signals.traces[name].rose_at = now;
  }
}

void tell_breaches(Turn& turn, ServiceRecord& service, const Situation& situation) {
  const std::uint32_t max = service.settings->scale.max;
  for (const Signal& signal : service.settings->scale.signals) {
    if (!is_limit(signal)) continue;
    const SignalReading reading = reading_now(signal, service, situation);
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
