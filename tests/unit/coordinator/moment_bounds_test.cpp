// What recorded moments may take when they are unfolded: a few bytes may stand for long texts, and
// neither who reads them nor who writes them goes beyond what a chunk may have. And which numbers
// may be in them.
#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/core/delta_bytes.hpp"
#include "coordinator/core/moment_log.hpp"
#include "coordinator/core/replay.hpp"

namespace foretide::coordinator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// With as many signals as there may be, each with that many letters to say.
Situation wordy(std::size_t letters) {
  Situation situation;
  situation.now = Instant(100s);
  situation.signals.resize(16);
  for (SignalSeen& signal : situation.signals) signal.now.words.assign(letters, 'x');
  return situation;
}

// The same so many times.
MomentWriter repeated(const Situation& situation, int times) {
  MomentWriter writer{Decided{}};
  Moment moment;
  moment.situation = situation;
  for (int i = 0; i < times; ++i) {
    writer.add(moment);
    moment.situation.now += 10ms;
    moment.situation.wall += 10ms;
    moment.situation.age += 10ms;
  }
  return writer;
}

TEST(MomentCodec, RefusesAFewBytesThatUnfoldToMoreThanAChunkMayTake) {
  const MomentWriter large = repeated(wordy(10'000), 900);
  EXPECT_LT(large.bytes().size(), 300'000u) << "small in itself";
  EXPECT_GT(large.unfolded(), 140'000'000u);
  const auto read = moments_in(large.bytes());
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error(), HasSubstr("unfolds to more than the 65536 KB"));
}

TEST(MomentCodec, ReadsAllThatStaysWithinIt) {
  const MomentWriter fits = repeated(wordy(10'000), 300);
  ASSERT_LT(fits.unfolded(), kChunkUnfoldedBytesMax);
  const auto read = moments_in(fits.bytes());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->moments.size(), 300u);
  EXPECT_EQ(read->moments.back().situation.signals.back().now.words.size(), 10'000u);
}

// Crafted by hand: one moment in full, and then nothing but "as before".
TEST(MomentCodec, RefusesAChunkOfNothingButRepetition) {
  Situation situation = wordy(60'000);
  for (SignalSeen& signal : situation.signals) signal.now.missing.assign(60'000, 'y');
  const std::string bytes = repeated(situation, 1).bytes() + std::string(100'000, '\0');
  ASSERT_LT(bytes.size(), kChunkBytesMax);
  const auto read = moments_in(bytes);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error(), HasSubstr("unfolds to more than the 65536 KB"));
}

TEST(MomentCodec, CutsATextThatIsTooLongTheSameOnBothSides) {
  MomentWriter writer{Decided{}};
  Moment moment;
  for (const std::string& text : {std::string(kDeltaTextMax + 500, 'x') + "abc",
                                  std::string("yabc"), std::string(kDeltaTextMax + 9, 'z')}) {
    moment.verdict.rule = text;
    writer.add(moment);
  }
  const auto read = moments_in(writer.bytes());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->moments[0].verdict.rule, std::string(kDeltaTextMax, 'x'));
  EXPECT_EQ(read->moments[1].verdict.rule, "yabc");
  EXPECT_EQ(read->moments[2].verdict.rule, std::string(kDeltaTextMax, 'z'));
}

// ---- numbers ----

using Numbers = void(Moment&, Decided&);

Moment ordinary() {
  Moment moment;
  moment.settings = ScaleSettings{};
  moment.situation.now = Instant(100s);
  moment.situation.demand.latest = 1.0;
  moment.situation.balancers_known = true;
  return moment;
}

MomentChunk chunk_with(Numbers& numbers) {
  Moment moment = ordinary();
  Decided decided;
  decided.desired = 5;
  numbers(moment, decided);
  MomentWriter writer(decided);
  writer.add(moment);
  return {.life = 1, .number = 0, .begin = 100'000, .bytes = writer.bytes()};
}

// Each would be more than a sum of two can bear, or than settings allow.
TEST(MomentCodec, RefusesNumbersThatNothingCanBeAddedTo) {
  static constexpr Duration kEver = Duration::max();
  static constexpr Instant kNever = Instant(Duration::min());
  static constexpr std::chrono::milliseconds kAge = std::chrono::hours(24 * 367);
  Numbers* const all[] = {
      [](Moment& it, Decided&) { it.settings->window = kAge; },
      [](Moment& it, Decided&) { it.settings->window = -kAge; },
      [](Moment& it, Decided&) { it.settings->idle = std::chrono::milliseconds::max(); },
      [](Moment& it, Decided&) { it.settings->up_cooldown = std::chrono::milliseconds::max(); },
      [](Moment& it, Decided&) { it.settings->down_cooldown = std::chrono::milliseconds::max(); },
      [](Moment& it, Decided&) { it.settings->min = 2001; },
      [](Moment& it, Decided&) { it.settings->shortage = std::nan(""); },
      [](Moment& it, Decided&) { it.settings->shortage = 0.0; },
      [](Moment& it, Decided&) { it.settings->max = 2001; },
      [](Moment& it, Decided&) { it.settings->up_max_step = 4'294'967'295; },
      [](Moment& it, Decided&) { it.settings->down_max_step = 2001; },
      [](Moment& it, Decided&) { it.situation.start_time = kEver; },
      [](Moment& it, Decided&) { it.situation.last_request = kNever; },
      [](Moment&, Decided& it) { it.last_up = kNever; },
      [](Moment&, Decided& it) { it.last_down = kNever; },
      [](Moment&, Decided& it) { it.panic_until = Instant(kEver); },
      [](Moment&, Decided& it) { it.rises["requests"].at = kNever; },
      [](Moment&, Decided& it) {
        it.reversals = Reversals({.way = Reversals::Way::kUp, .turned_at = 2, .turns = {kNever}});
      },
      [](Moment& it, Decided&) {
        it.making = PredictionMaking{.number = 1, .needs = {}, .past = {}, .prices = {}};
        it.making->needs.workers_max = 2001;
      }};
  for (std::size_t i = 0; i < std::size(all); ++i) {
    const auto played = Replay({"web"}, {}).play(chunk_with(*all[i]));
    EXPECT_FALSE(played) << i;
  }
}

TEST(MomentCodec, TakesWhatSettingsAllow) {
  const MomentChunk chunk = chunk_with(*+[](Moment& it, Decided& decided) {
    it.settings->idle = 720h;
    it.settings->max = 2000;
    it.settings->up_max_step = 2000;
    it.situation.start_time = 24h;
    decided.rises["requests"] = {Instant(7s), 3};
  });
  EXPECT_TRUE(Replay({"web"}, {}).play(chunk));
  const auto read = moments_in(chunk.bytes);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->before.rises.at("requests"), (SignalRise{Instant(7s), 3}));
}

// ---- a log ----

TEST(MomentLog, BeginsAnotherChunkBeforeOneUnfoldsToTooMuch) {
  MomentLog log;
  Decided decided;
  ScaleSettings scale;
  DemandSeries series;
  Prediction prediction;
  Situation situation = wordy(10'000);
  const Decision decision;
  for (int i = 0; i < 500; ++i) {
    situation.now += 10ms;
    situation.wall += 10ms;
    log.find(decided);
    const MomentId next = log.next(situation);
    log.add({.decided = decided,
             .scale = scale,
             .series = series,
             .prediction = prediction,
             .situation = situation,
             .decision = decision,
             .is_told = true});
    EXPECT_EQ(next.order / kChunkMomentsMax, log.finished());
  }
  const auto chunks = log.from(0);
  EXPECT_GE(chunks.size(), 4u) << "though not a minute has passed";
  std::size_t moments = 0;
  for (const MomentChunk& chunk : chunks) {
    const auto read = moments_in(chunk.bytes);
    ASSERT_TRUE(read) << read.error();
    moments += read->moments.size();
  }
  EXPECT_EQ(moments, 500u);
}

}  // namespace
}  // namespace foretide::coordinator
