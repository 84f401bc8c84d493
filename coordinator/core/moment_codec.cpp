#include "coordinator/core/moment_codec.hpp"

#include <utility>

#include "common/settings/durations.hpp"
#include "coordinator/core/making_bytes.hpp"
#include "coordinator/core/situation_bytes.hpp"

namespace foretide::coordinator {

// The layout; another one has another number.
constexpr char kFormat = 2;

constexpr std::size_t kTurnsMost = Reversals::kBudget, kRisesMost = 64;
constexpr std::size_t kClosedMost = DemandSeries::kCells;

template <class Code>
void describe(Code& code, std::vector<ClosedSecond>& now, const std::vector<ClosedSecond>& last) {
  ClosedSecond before = last.empty() ? ClosedSecond{} : last.back();
  each(code, now, {1, kClosedMost}, [&](ClosedSecond& one, std::size_t) {
    code(one.second, before.second + 1);
    code(one.load, before.load);
    if constexpr (Code::kReads) {
      if (one.second < 0 || one.second > kSecondWrittenMost) code.fail();
    }
    before = one;
  });
}

template <class Code>
void describe(Code& code, PredictionStand& now, const PredictionStand& before) {
  code(now.speaking, before.speaking);
  code(now.speaking_steps, before.speaking_steps + 1);
  code(now.growing, before.growing);
  code(now.growing_steps, before.growing_steps);
  code(now.foreseen_by, before.foreseen_by);
  code(now.foreseen_steps, before.foreseen_steps + 1);
  for (const std::int64_t steps : {now.speaking_steps, now.growing_steps, now.foreseen_steps}) {
    bounded(code, steps, kSecondWrittenMost);
  }
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
  for (const auto length : {now.idle, now.window, now.up_cooldown, now.down_cooldown}) {
    bounded(code, length, settings::kLongestDuration);
  }
  for (const std::uint32_t count :
       {now.min, now.max, now.up_max_step.value_or(0), now.down_max_step.value_or(0)}) {
    no_more_than(code, count, kWorkersWrittenMost);
  }
  if constexpr (Code::kReads) {
    if (!(now.shortage > 0.0 && now.shortage <= 1.0)) code.fail();
  }
}

// An Instant that something is counted from.
template <class Code>
void bounded(Code& code, const std::optional<Instant>& at) {
  bounded(code, at.value_or(Instant{}).time_since_epoch(), kLongestLife);
}

template <class Code>
void describe(Code& code, Reversals::Memory& now, const Reversals::Memory& before) {
  code.one_of(now.way, before.way, Reversals::Way::kDown);
  code(now.turned_at, before.turned_at);
  Instant former{};
  each(code, now.turns, {0, kTurnsMost}, [&](Instant& turn, std::size_t) {
    code(turn, former);
    bounded(code, turn);
    former = turn;
  });
}

template <class Code>
void describe(Code& code, Decided& now, const Decided& before) {
  code(now.desired, before.desired);
  code(now.last_up, before.last_up);
  code(now.last_down, before.last_down);
  code(now.panic_until, before.panic_until);
  for (const auto& at : {now.last_up, now.last_down, now.panic_until}) bounded(code, at);
  Reversals::Memory memory = now.reversals.memory();
  describe(code, memory, before.reversals.memory());
  now.reversals = Reversals(std::move(memory));
  std::vector<std::pair<std::string, SignalRise>> rises(now.rises.begin(), now.rises.end());
  each(code, rises, {0, kRisesMost}, [&](auto& rise, std::size_t) {
    code(rise.first, std::string());
    code(rise.second.at, Instant{});
    bounded(code, rise.second.at);
    code(rise.second.workers, std::uint32_t{0});
  });
  now.rises = {rises.begin(), rises.end()};
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
  code.spend(sizeof now);
  describe(code, now.closed, before.closed);
  maybe(code, now.making, {});
  describe(code, now.stand, before.stand);
  describe(code, now.situation, before.situation, now.closed);
  maybe(code, now.settings, {});
  maybe(code, now.decided, {});
  describe(code, now.verdict, before.verdict);
}

namespace {

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
  describe(code, decided, Decided{});
  unfolded_ = code.unfolded();
  bytes_ += code.take();
}

void MomentWriter::add(const Moment& moment) {
  DeltaWriter code;
  Moment now = moment;
  describe(code, now, last_);
  unfolded_ += code.unfolded();
  bytes_ += code.take();
  last_ = kept_of(std::move(now), last_);
}

Result<MomentsRead> moments_in(std::string_view bytes, std::size_t unfolded_max) {
  if (bytes.empty() || bytes.front() != kFormat) {
    return Error{"these recorded moments are of another version's layout"};
  }
  if (bytes.size() > kChunkBytesMax) return Error{"a chunk of recorded moments is too long"};
  DeltaReader code(bytes.substr(1), unfolded_max);
  MomentsRead read;
  describe(code, read.before, Decided{});
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
  if (code.is_too_large()) {
    return Error{"a chunk of recorded moments unfolds to more than the " +
                 std::to_string(unfolded_max >> 10) + " KB that one may take"};
  }
  if (code.failed()) return Error{"recorded moments cannot be read: they are damaged"};
  return read;
}

}  // namespace foretide::coordinator
