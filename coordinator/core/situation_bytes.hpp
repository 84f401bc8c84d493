// A situation as bytes and back (see delta_bytes.hpp), said as what differs from what was likely.
//
// Most of a second is as the one before, and much of the rest follows from the time that passed: a
// clock goes on, a silence lasts longer, the newest load is that of the second that was just
// closed. What is likely so is guessed on both sides alike, and nothing has to be said of it.
//
// A foresight is not written (see moment.hpp). No situation has more than sixteen signals.
#pragma once

#include <chrono>
#include <vector>

#include "coordinator/core/delta_lists.hpp"
#include "coordinator/core/moment.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kSignalsWrittenMost = 16;
inline constexpr Duration kLongestLife = std::chrono::hours(24 * 365 * 100);
// From asking for a worker until it is ready.
inline constexpr Duration kLongestStart = std::chrono::hours(24 * 366);
inline constexpr std::chrono::milliseconds kLastWall = std::chrono::hours(24 * 365 * 10'000);

template <class Code>
void describe(Code& code, Opinion& now, const Opinion& before) {
  code(now.rule, before.rule);
  code(now.workers, before.workers);
  code(now.reason, before.reason);
}

template <class Code>
void describe(Code& code, SignalReading& now, const SignalReading& before) {
  code(now.name, before.name);
  code(now.value, before.value);
  code(now.limit, before.limit);
  code(now.missing, before.missing);
  code(now.words, before.words);
}

template <class Code>
void describe(Code& code, SignalSeen& now, const SignalSeen& before) {
  code.one_of(now.kind, before.kind, SignalSeen::Kind::kShare);
  describe(code, now.now, before.now);
  maybe(code, now.since_rise, before.since_rise);
  code(now.largest, before.largest);
  maybe(code, now.word, before.word);
}

template <class Code>
void describe(Code& code, PauseDirection& now, const PauseDirection& before) {
  code.one_of(now, before, PauseDirection::kDown);
}

template <class Code>
void describe_demand(Code& code, Situation& now, const Situation& before) {
  code(now.demand.load, before.demand.load);
  code(now.demand.latest, before.demand.latest);
  code(now.demand.largest, before.demand.largest);
  code(now.demand.known_seconds, before.demand.known_seconds);
  code(now.held, before.held);
  code(now.in_flight, before.in_flight);
  code(now.queued, before.queued);
  code(now.last_request, before.last_request);
  bounded(code, now.last_request.value_or(Instant{}).time_since_epoch(), kLongestLife);
  code(now.service_seconds, before.service_seconds);
}

template <class Code>
void describe_orders(Code& code, Situation& now, const Situation& before) {
  code(now.manual, before.manual);
  maybe(code, now.paused, before.paused);
  maybe(code, now.asked, before.asked);
  describe(code, now.scheduled, before.scheduled);
}

// What is likely after `before`, given when it is now and which seconds were closed since.
inline Situation likely_after(const Situation& before, const std::vector<ClosedSecond>& closed,
                              Instant now) {
  Situation likely = before;
  likely.wall += std::chrono::duration_cast<std::chrono::milliseconds>(now - before.now);
  likely.age += now - before.now;
  if (likely.silence) *likely.silence += now - before.now;
  if (before.last_request == before.now) likely.last_request = now;
  if (!closed.empty() && closed.back().load) likely.demand.latest = closed.back().load;
  return likely;
}

template <class Code>
void describe(Code& code, Situation& now, const Situation& before,
              const std::vector<ClosedSecond>& closed) {
  code(now.now, before.now + std::chrono::seconds(1));
  bounded(code, now.now.time_since_epoch(), kLongestLife);
  const Situation likely = likely_after(before, closed, code.failed() ? before.now : now.now);
  code(now.wall, likely.wall);
  bounded(code, now.wall.time_since_epoch(), kLastWall);
  code(now.age, likely.age);
  bounded(code, now.age, kLongestLife);
  code(now.ready, likely.ready);
  code(now.starting, likely.starting);
  code(now.failing, likely.failing);
  code(now.balancers_known, likely.balancers_known);
  code(now.silence, likely.silence);
  bounded(code, now.silence.value_or(Duration{}), kLongestLife);
  describe_demand(code, now, likely);
  code(now.start_time, likely.start_time);
  bounded(code, now.start_time, kLongestStart);
  code(now.capacity, likely.capacity);
  code(now.starts_stopped, likely.starts_stopped);
  if constexpr (Code::kReads) {
    if (!(now.capacity > 0.0)) code.fail();
  }
  each(code, now.signals, {likely.signals.size(), kSignalsWrittenMost},
       [&](SignalSeen& signal, std::size_t i) {
         describe(code, signal, i < likely.signals.size() ? likely.signals[i] : SignalSeen{});
       });
  describe_orders(code, now, likely);
}

}  // namespace foretide::coordinator
