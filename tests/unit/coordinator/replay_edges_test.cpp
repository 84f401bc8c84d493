// Replays of runs in which something was not as usual: the clock was set, prediction was switched
// off and on.
#include <map>

#include "recording.hpp"

namespace foretide::coordinator::story {
namespace {

std::map<MomentId, Replayed> by_id(const Played& played) {
  std::map<MomentId, Replayed> all;
  for (const Replayed& one : played.all) {
    EXPECT_TRUE(all.emplace(one.id, one).second) << "two moments have the same order number";
  }
  return all;
}

bool is_made_of(const Decision& decision, const Replayed& one) {
  return one.at == decision.at && one.decision.from == decision.from &&
         one.decision.to == decision.to && one.decision.rule == decision.rule &&
         one.decision.reason == decision.reason;
}

// Recorded ones that came of their own moment, and those whose time another moment has too.
struct Compared {
  std::size_t same = 0, other = 0, of_two_times = 0;
};

Compared compared(const std::vector<Decision>& decisions, const Played& again) {
  Compared compared;
  std::map<WallTime, int> at_once;
  for (const Replayed& one : again.all) ++at_once[one.at];
  const auto moments = by_id(again);
  for (const Decision& decision : decisions) {
    if (!decision.moment) continue;
    const auto own = moments.find(*decision.moment);
    const bool is_same = own != moments.end() && is_made_of(decision, own->second);
    ++(is_same ? compared.same : compared.other);
    if (at_once[decision.at] > 1) ++compared.of_two_times;
  }
  return compared;
}

TEST(Replay, ComparesEveryDecisionWithItsOwnMomentThoughTheClockWasSetBack) {
  Recording run;
  settle(run.world, service_named("web"));
  double& rate = run.world.balancers.at({"edge"}).rate[{"web"}];
  for (int i = 0; i < 12; ++i) {
    rate = i % 2 == 0 ? 300.0 : 30.0;
    if (i >= 3 && i <= 8) run.world.clock_set -= 5s;
    if (i == 10) run.world.clock_set += 40s;
    run.pass(10s);
  }
  const Played again = played(run.chunks);
  EXPECT_EQ(again.different, 0u);
  EXPECT_EQ(again.begun, 1u);
  const Compared decisions = compared(run.world.decisions, again);
  EXPECT_EQ(decisions.other, 0u);
  EXPECT_GE(decisions.same, 8u);
  EXPECT_GE(decisions.of_two_times, 1u) << "by its time alone nobody could tell";
}

// The order number is asked for before the moment is written, which may be the first of a chunk.
TEST(Replay, FindsTheMomentOfEveryDecisionThatWasMade) {
  Recording run;
  settle(run.world, service_named("web"));
  std::mt19937 random(3);
  jump_about(run, random, 40);
  const Compared decisions = compared(run.world.decisions, played(run.chunks));
  EXPECT_EQ(decisions.other, 0u);
  EXPECT_GE(decisions.same, 20u);
  std::size_t first_of_chunk = 0;
  for (const Decision& decision : run.world.decisions) {
    const bool is_first = decision.moment && decision.moment->order % kChunkMomentsMax == 0;
    first_of_chunk += is_first ? 1 : 0;
  }
  EXPECT_GE(first_of_chunk, 1u);
}

TEST(Replay, FollowsWhenPredictionIsSwitchedOffAndOnAgain) {
  Recording run;
  ServiceSettings service = service_named("web");
  service.scale.max = 20;
  settle(run.world, service);
  std::mt19937 random(11);
  const auto stand = [&] { return run.world.record("web").prediction.stand(); };
  jump_about(run, random, 25);
  const std::uint64_t before = stand().speaking;
  EXPECT_GE(before, 1u) << "it speaks";
  service.scale.predict = ScaleSettings::Predict::kOff;
  run.world.reload({service});
  jump_about(run, random, 8);
  EXPECT_EQ(stand(), PredictionStand{}) << "nothing of it is left";
  const Instant off_until = run.world.now;
  service.scale.predict = ScaleSettings::Predict::kAuto;
  run.world.reload({service});
  jump_about(run, random, 25);
  EXPECT_GT(stand().speaking, before) << "it is another one";

  const Played again = played(run.chunks);
  EXPECT_EQ(again.different, 0u);
  EXPECT_EQ(again.begun, 1u);
  EXPECT_EQ(again.passed_over, 0u);
  EXPECT_EQ(compared(run.world.decisions, again).other, 0u);
  // It can also begin where prediction was off: then there is no predictor to be known.
  std::size_t from = 0;
  for (std::size_t i = 0; i < run.chunks.size(); ++i) {
    const auto read = moments_in(run.chunks[i].bytes);
    ASSERT_TRUE(read) << read.error();
    const Moment& first = read->moments.front();
    const bool is_off = first.stand == PredictionStand{} && first.situation.age > 5min;
    if (is_off && first.situation.now < off_until && from == 0) from = i;
  }
  ASSERT_GT(from, 0u);
  const Played late = played({run.chunks.begin() + static_cast<int>(from), run.chunks.end()});
  EXPECT_EQ(late.different, 0u);
  EXPECT_GT(late.all.size(), 300u);
}

}  // namespace
}  // namespace foretide::coordinator::story
