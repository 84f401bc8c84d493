#include "coordinator/core/moment_codec.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

// The layout; another one has another number.
constexpr char kFormat = 1;

constexpr std::size_t kSignalsMost = 16, kTurnsMost = Reversals::kBudget, kRisesMost = 64;
constexpr std::size_t kClosedMost = DemandSeries::kCells, kPastMost = 1 << 16;
constexpr std::int64_t kSecondMost = std::int64_t{1} << 40;
constexpr std::uint32_t kWorkersMost = 100'000;
constexpr Duration kLongest = std::chrono::hours(24 * 30);
constexpr Duration kLongestLife = std::chrono::hours(24 * 365 * 100);

// As many as are written, or read up to `most`.
template <class Code, class List>
void resize(Code& code, List& list, std::size_t before, std::size_t most) {
  std::uint64_t count = list.size();
  code(count, std::uint64_t{before});
  if constexpr (Code::kReads) {
    if (count > most) code.fail();
    list.resize(code.failed() ? 0 : count);
  }
}

// Whether there is one, and what it is if so.
template <class Code, class Value, class Describe>
void maybe(Code& code, std::optional<Value>& now, const std::optional<Value>& before,
           const Describe& describe) {
  bool is_there = now.has_value();
  code(is_there, before.has_value());
  if constexpr (Code::kReads) {
    if (is_there) {
      now.emplace();
    } else {
      now.reset();
    }
  }
  if (is_there) describe(*now, before ? *before : Value{});
}

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
  maybe(code, now.since_rise, before.since_rise,
        [&](auto& reading, const auto& last) { describe(code, reading, last); });
  code(now.largest, before.largest);
  maybe(code, now.word, before.word,
        [&](auto& word, const auto& last) { describe(code, word, last); });
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
  code(now.service_seconds, before.service_seconds);
}

template <class Code>
void describe_orders(Code& code, Situation& now, const Situation& before) {
  code(now.manual, before.manual);
  maybe(code, now.paused, before.paused, [&](auto& direction, const auto& last) {
    code.one_of(direction, last, PauseDirection::kDown);
  });
  maybe(code, now.asked, before.asked,
        [&](auto& asked, const auto& last) { describe(code, asked, last); });
  describe(code, now.scheduled, before.scheduled);
}

// What is likely after `before`, given when it is now: then nothing has to be said.
Situation likely_after(const Situation& before, const std::vector<ClosedSecond>& closed,
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
  const Situation likely = likely_after(before, closed, now.now);
  code(now.wall, likely.wall);
  code(now.age, likely.age);
  code(now.ready, likely.ready);
  code(now.starting, likely.starting);
  code(now.failing, likely.failing);
  code(now.balancers_known, likely.balancers_known);
  code(now.silence, likely.silence);
  describe_demand(code, now, likely);
  code(now.start_time, likely.start_time);
  code(now.capacity, likely.capacity);
  code(now.starts_stopped, likely.starts_stopped);
  if constexpr (Code::kReads) {
    if (!(now.capacity > 0.0) || std::chrono::abs(now.now.time_since_epoch()) > kLongestLife) {
      code.fail();
    }
  }
  resize(code, now.signals, likely.signals.size(), kSignalsMost);
  for (std::size_t i = 0; i < now.signals.size(); ++i) {
    describe(code, now.signals[i], i < likely.signals.size() ? likely.signals[i] : SignalSeen{});
  }
  describe_orders(code, now, likely);
}

template <class Code>
void describe(Code& code, std::vector<ClosedSecond>& now, const std::vector<ClosedSecond>& last) {
  resize(code, now, 1, kClosedMost);
  ClosedSecond before = last.empty() ? ClosedSecond{} : last.back();
  for (ClosedSecond& one : now) {
    code(one.second, before.second + 1);
    code(one.load, before.load);
    if constexpr (Code::kReads) {
      if (one.second < 0 || one.second > kSecondMost) code.fail();
    }
    before = one;
  }
}

template <class Code>
void describe(Code& code, std::vector<std::optional<float>>& values) {
  resize(code, values, 0, kPastMost);
  for (auto& value : values) {
    bool is_known = value.has_value();
    code(is_known, true);
    if constexpr (Code::kReads) value = is_known ? std::optional(0.0F) : std::nullopt;
    if (value) code.raw(*value);
    if constexpr (Code::kReads) {
      if (code.failed()) return;
    }
  }
}

bool can_be_recalled(const PricesLearned& prices) {
  const auto is_sum = [](double value) { return std::isfinite(value) && value >= 0.0; };
  const auto& unserved = prices.shares.unserved;
  return std::all_of(unserved.begin(), unserved.end(), is_sum) && is_sum(prices.shares.demand) &&
         prices.shares.steps >= 0 && prices.aim.steps >= 0 && is_sum(prices.aim.mean) &&
         prices.aim.mean < static_cast<double>(kPrices) && prices.aim.right < kPrices;
}

// What no predictor could be made of would not have been written.
bool can_be_made(const PredictionMaking& making) {
  const PredictionNeeds& needs = making.needs;
  return needs.start >= Duration::zero() && needs.start <= kLongest &&
         needs.window >= Duration::zero() && needs.window <= kLongest && needs.capacity > 0.0 &&
         needs.workers_min <= needs.workers_max && needs.workers_max <= kWorkersMost &&
         needs.shortage > 0.0 && needs.shortage <= 1.0 && making.next_second >= 0 &&
         making.next_second <= kSecondMost && (!making.prices || can_be_recalled(*making.prices));
}

template <class Code>
void describe(Code& code, PricesLearned& prices) {
  const PricesLearned none{};
  double before = 0.0;
  for (double& unserved : prices.shares.unserved) {
    code(unserved, before);
    before = unserved;
  }
  code(prices.shares.demand, none.shares.demand);
  code(prices.shares.steps, none.shares.steps);
  code(prices.aim.steps, none.aim.steps);
  code(prices.aim.right, none.aim.right);
  code(prices.aim.mean, none.aim.mean);
}

template <class Code>
void describe(Code& code, PredictionMaking& making) {
  const PredictionMaking none{};
  code(making.number, none.number);
  code(making.needs.start, none.needs.start);
  code(making.needs.capacity, none.needs.capacity);
  code(making.needs.workers_min, none.needs.workers_min);
  code(making.needs.workers_max, none.needs.workers_max);
  code(making.needs.window, none.needs.window);
  code(making.needs.shortage, none.needs.shortage);
  code(making.next_second, none.next_second);
  code(making.past.step_seconds, none.past.step_seconds);
  describe(code, making.past.minutes);
  describe(code, making.past.steps);
  maybe(code, making.prices, {}, [&](auto& prices, const auto&) { describe(code, prices); });
  if constexpr (Code::kReads) {
    if (!can_be_made(making)) code.fail();
  }
}

template <class Code>
void describe(Code& code, PredictionStand& now, const PredictionStand& before) {
  code(now.speaking, before.speaking);
  code(now.speaking_steps, before.speaking_steps + 1);
  code(now.growing, before.growing);
  code(now.growing_steps, before.growing_steps);
  code(now.foreseen_by, before.foreseen_by);
  code(now.foreseen_steps, before.foreseen_steps + 1);
}

template <class Code>
void describe(Code& code, ScaleSettings& now, const ScaleSettings& before) {
  code(now.min, before.min);
  code(now.max, before.max);
  code(now.shortage, before.shortage);
  code(now.idle, before.idle);
  code(now.window, before.window);
  code(now.up_max_step, before.up_max_step);
  code(now.down_max_step, before.down_max_step);
  code(now.up_cooldown, before.up_cooldown);
  code(now.down_cooldown, before.down_cooldown);
  code.one_of(now.predict, before.predict, ScaleSettings::Predict::kAuto);
}

template <class Code>
void describe(Code& code, Reversals::Memory& memory) {
  code.one_of(memory.way, Reversals::Way::kNone, Reversals::Way::kDown);
  code(memory.turned_at, 0U);
  resize(code, memory.turns, 0, kTurnsMost);
  Instant before{};
  for (Instant& turn : memory.turns) {
    code(turn, before);
    before = turn;
  }
}

template <class Code>
void describe(Code& code, Decided& decided) {
  static const Decided none;
  code(decided.desired, none.desired);
  code(decided.last_up, none.last_up);
  code(decided.last_down, none.last_down);
  code(decided.panic_until, none.panic_until);
  Reversals::Memory memory = decided.reversals.memory();
  describe(code, memory);
  decided.reversals = Reversals(std::move(memory));
  std::vector<std::pair<std::string, Instant>> rises(decided.rose_at.begin(),
                                                     decided.rose_at.end());
  resize(code, rises, 0, kRisesMost);
  for (auto& [name, at] : rises) {
    code(name, std::string());
    code(at, Instant{});
  }
  decided.rose_at = {rises.begin(), rises.end()};
}

template <class Code>
void describe(Code& code, Verdict& now, const Verdict& before) {
  code(now.from, before.to);
  code(now.to, now.from);
  code(now.rule, before.rule);
  code(now.print, before.print);
}

template <class Code>
void describe(Code& code, Moment& now, const Moment& before) {
  describe(code, now.closed, before.closed);
  maybe(code, now.making, {}, [&](auto& making, const auto&) { describe(code, making); });
  describe(code, now.stand, before.stand);
  describe(code, now.situation, before.situation, now.closed);
  maybe(code, now.settings, {},
        [&](auto& settings, const auto& none) { describe(code, settings, none); });
  maybe(code, now.decided, {}, [&](auto& decided, const auto&) { describe(code, decided); });
  describe(code, now.verdict, before.verdict);
}

// The next is said as differing from this one, of which the last closed second is enough.
Moment kept_of(Moment moment, const Moment& before) {
  if (moment.closed.empty()) moment.closed = before.closed;
  if (moment.closed.size() > 1) moment.closed = {moment.closed.back()};
  moment.making.reset();
  return moment;
}

}  // namespace

MomentWriter::MomentWriter(const Decided& before) : bytes_(1, kFormat) {
  DeltaWriter code;
  Decided decided = before;
  describe(code, decided);
  bytes_ += code.take();
}

void MomentWriter::add(const Moment& moment) {
  DeltaWriter code;
  Moment now = moment;
  describe(code, now, last_);
  bytes_ += code.take();
  last_ = kept_of(std::move(now), last_);
}

Result<MomentsRead> moments_in(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFormat) {
    return Error{"these recorded moments are of another version's layout"};
  }
  if (bytes.size() > kChunkBytesMax) return Error{"a chunk of recorded moments is too long"};
  DeltaReader code(bytes.substr(1));
  MomentsRead read;
  describe(code, read.before);
  code.align();
  Moment last;
  std::size_t closed = 0;
  while (!code.failed() && !code.at_end()) {
    Moment now;
    describe(code, now, last);
    code.align();
    closed += now.closed.size();
    if (closed > kClosedMost + kChunkMomentsMax || read.moments.size() == kChunkMomentsMax) {
      return Error{"a chunk of recorded moments has more of them than one may have"};
    }
    last = kept_of(now, last);
    read.moments.push_back(std::move(now));
  }
  if (code.failed()) return Error{"recorded moments cannot be read: they are damaged"};
  return read;
}

}  // namespace foretide::coordinator
