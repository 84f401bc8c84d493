// Recorded moments of anybody are read within the bounds of a chunk, however little of it there is;
// and what was read is written and read again as the same, and can be decided again, whatever its
// numbers are.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.hpp"
#include "coordinator/core/moment_codec.hpp"
#include "coordinator/core/replay.hpp"

namespace {

using namespace foretide::coordinator;

// Less than a chunk may really take, so that inputs of some hundred bytes come up to it.
constexpr std::size_t kUnfoldedMost = 1 << 15;

std::size_t letters_in(const SignalReading& reading) {
  return reading.name.size() + reading.missing.size() + reading.words.size();
}
std::size_t letters_in(const std::optional<Opinion>& word) {
  return word ? word->rule.size() + word->reason.size() : 0;
}

// No more than all that is in it: its texts and the elements of its lists.
std::size_t room_in(const Moment& moment) {
  const Situation& situation = moment.situation;
  std::size_t bytes = sizeof moment + moment.verdict.rule.size() + letters_in(situation.asked) +
                      letters_in(situation.scheduled) +
                      moment.closed.size() * sizeof(ClosedSecond) +
                      situation.signals.size() * sizeof(SignalSeen);
  if (situation.starts_stopped) bytes += situation.starts_stopped->size();
  for (const SignalSeen& signal : situation.signals) {
    bytes += letters_in(signal.now) + letters_in(signal.word);
    if (signal.since_rise) bytes += letters_in(*signal.since_rise);
  }
  if (moment.making) {
    const auto& past = moment.making->past;
    bytes += (past.minutes.size() + past.steps.size()) * sizeof(past.steps.front());
  }
  if (moment.decided) {
    for (const auto& [name, rise] : moment.decided->rises) bytes += name.size() + sizeof rise;
  }
  return bytes;
}

// Predictors take their time, and what they make of their past is not looked for here.
bool is_quick(const MomentsRead& read) {
  constexpr std::size_t kStepsMost = 64;
  std::size_t steps = 0;
  for (const Moment& moment : read.moments) {
    if (!moment.making) continue;
    steps += 16 + moment.making->past.steps.size() + moment.making->past.minutes.size();
  }
  return steps <= kStepsMost;
}

// Twice, as the first does not know yet what another left.
void play(std::string_view bytes) {
  Replay replay({"web"}, {});
  for (const std::uint64_t number : {0, 1}) {
    const auto played =
        replay.play({.life = 1, .number = number, .begin = 1'000'000, .bytes = std::string(bytes)});
    CHECK(played, "what was read can be played");
  }
}

std::string written(const MomentsRead& read) {
  MomentWriter writer(read.before);
  for (const Moment& moment : read.moments) writer.add(moment);
  return writer.bytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = moments_in({reinterpret_cast<const char*>(data), size}, kUnfoldedMost);
  if (!read) {
    CHECK(read.error().find("recorded moments") != std::string::npos, "it is told what it is");
    return 0;
  }
  CHECK(read->moments.size() <= kChunkMomentsMax, "moments have a bound");
  std::size_t bytes = 0;
  for (const Moment& moment : read->moments) bytes += room_in(moment);
  CHECK(bytes <= kUnfoldedMost, "what they take has a bound");
  if (is_quick(*read)) play({reinterpret_cast<const char*>(data), size});
  const std::string once = written(*read);
  if (once.size() > kChunkBytesMax) return 0;  // said less well than it was
  const auto again = moments_in(once, kUnfoldedMost);
  CHECK(again, "what was read is written so that it can be read");
  CHECK(written(*again) == once, "and is the same then");
  return 0;
}
