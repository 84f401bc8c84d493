// What recorded moments may take when they are unfolded: a few bytes may stand for long texts, and
// neither who reads them nor who writes them goes beyond what a chunk may have.
#include <gmock/gmock.h>

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
