// A run is written down moment by moment, read again and decided again: every decision must come
// out as it was made, and nothing that is changed in the record may go unnoticed.
#include "coordinator/core/replay.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <random>
#include <set>

#include "recording.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::size_t changes(const Played& played) {
  return static_cast<std::size_t>(
      std::count_if(played.all.begin(), played.all.end(),
                    [](const Replayed& one) { return one.decision.from != one.decision.to; }));
}

ServiceSettings busy() {
  ServiceSettings service = service_named("web");
  service.scale.max = 20;
  service.scale.signals = {LatencyLimit{95.0, 300ms}, RequestRate{60.0}};
  return service;
}

// Half an hour in which everything happens that decisions are made of.
const Recording& busy_time() {
  static const Recording whole = [] {
    Recording run;
    World& world = run.world;
    settle(world, busy());
    run.keep();
    std::mt19937 random(7);
    jump_about(run, random, 8);
    world.happens(PauseSet{.service = {"web"}, .paused = true, .expires_after = 40s});
    jump_about(run, random, 3);
    world.happens(PauseSet{.service = {"web"},
                           .paused = true,
                           .direction = PauseDirection::kDown,
                           .expires_after = 60s});
    jump_about(run, random, 4);
    world.happens(ScaleSet{{"web"}, 4, 60s});
    jump_about(run, random, 5);
    ServiceSettings other = busy();
    other.scale.shortage = 0.05;
    other.scale.max = 12;
    other.scale.window = 15s;
    other.scale.down_max_step = 2;
    world.reload({other});
    jump_about(run, random, 8);
    for (auto& [id, agent] : world.agents) agent.start_time = 8s;
    jump_about(run, random, 16);
    world.happens(ForecastAsked{{"web"}, 30s});
    run.world.balancers.at({"edge"}).silent = true;
    run.pass(30s);
    run.world.balancers.at({"edge"}).silent = false;
    jump_about(run, random, 18);
    return run;
  }();
  return whole;
}

std::set<std::string> rules_in(const std::vector<Decision>& decisions) {
  std::set<std::string> rules;
  for (const Decision& decision : decisions) rules.insert(decision.rule);
  return rules;
}

TEST(Replay, MakesEveryDecisionOfABusyTimeAgain) {
  const Recording& run = busy_time();
  const Played again = played(run.chunks);
  EXPECT_EQ(again.different, 0u);
  EXPECT_GT(again.all.size(), 1200u);
  EXPECT_EQ(again.passed_over, 0u);
  EXPECT_EQ(again.set_otherwise, 0u) << "the moments that are left out change nothing";
  EXPECT_EQ(again.begun, 1u);
  EXPECT_GT(changes(again), 25u);
  // Those that were recorded, in the same order, to the letter.
  auto at = again.all.begin();
  for (const Decision& decision : run.world.decisions) {
    if (decision.rule == "overdue") continue;  // no decision, a word on a start
    at = std::find_if(at, again.all.end(), [&](const Replayed& one) {
      return one.at == decision.at && one.decision.rule == decision.rule &&
             one.decision.reason == decision.reason && one.decision.from == decision.from &&
             one.decision.to == decision.to;
    });
    ASSERT_NE(at, again.all.end()) << decision.rule << ": " << decision.reason;
  }
  EXPECT_THAT(rules_in(run.world.decisions),
              testing::IsSupersetOf({"panic", "predicted", "latency_p95", "manual"}));
  EXPECT_GE(run.world.record("web").prediction.stand().speaking, 3u) << "it was made anew";
}

// A day of it is measured here, and stated in docs/simulate.md; and what a minute of it unfolds to,
// which moment_codec.hpp tells.
TEST(Replay, NeedsLittleRoom) {
  std::size_t bytes = 0, unfolded = 0;
  for (const MomentChunk& chunk : busy_time().chunks) {
    bytes += chunk.bytes.size();
    const MomentsRead read = *moments_in(chunk.bytes);
    MomentWriter writer(read.before);
    for (const Moment& moment : read.moments) writer.add(moment);
    unfolded = std::max(unfolded, writer.unfolded());
  }
  const double hours = static_cast<double>(busy_time().chunks.size()) / 60.0;
  const double day = static_cast<double>(bytes) / hours * 24.0;
  std::printf(
      "a busy day with two signals takes %.1f MB of moments, a minute at most %zu KB unfolded\n",
      day / 1e6, unfolded / 1000);
  EXPECT_LT(day, 8e6);
  EXPECT_LT(unfolded, kChunkUnfoldedBytesMax / 50);
}

TEST(Replay, NoticesASingleNumberThatIsOther) {
  std::vector<MomentChunk> chunks = busy_time().chunks;
  MomentChunk& chunk = chunks[chunks.size() / 2];
  MomentsRead read = *moments_in(chunk.bytes);
  read.moments[read.moments.size() / 2].situation.demand.load += 0.5;
  MomentWriter writer(read.before);
  for (const Moment& moment : read.moments) writer.add(moment);
  chunk.bytes = writer.bytes();
  EXPECT_GE(played(chunks).different, 1u);
}

// A load that a predictor was fed with, of one second: what it foresees from then on is other.
TEST(Replay, NoticesASecondOfOtherDemandInTheForesight) {
  std::vector<MomentChunk> chunks = busy_time().chunks;
  MomentChunk& chunk = chunks[chunks.size() / 2];
  MomentsRead read = *moments_in(chunk.bytes);
  for (Moment& moment : read.moments) {
    for (ClosedSecond& closed : moment.closed) {
      if (closed.load) closed.load = *closed.load + 1.0;
    }
  }
  MomentWriter writer(read.before);
  for (const Moment& moment : read.moments) writer.add(moment);
  chunk.bytes = writer.bytes();
  EXPECT_GE(played(chunks).different, 20u);
}

TEST(Replay, BeginsInTheMiddleOnceAPredictorSpeaksWhoseMakingIsRecorded) {
  const std::vector<MomentChunk>& all = busy_time().chunks;
  const Played late = played({all.begin() + 10, all.end()});
  EXPECT_EQ(late.different, 0u);
  EXPECT_EQ(late.begun, 1u);
  EXPECT_GT(late.passed_over, 60u);
  EXPECT_GT(late.all.size(), 500u);
}

TEST(Replay, BeginsAnewBehindAGap) {
  std::vector<MomentChunk> chunks = busy_time().chunks;
  chunks.erase(chunks.begin() + 5);
  const Played broken = played(chunks);
  EXPECT_EQ(broken.different, 0u);
  EXPECT_EQ(broken.begun, 2u);
}

TEST(Replay, GoesOnBehindAChunkThatCannotBeRead) {
  std::vector<MomentChunk> chunks = busy_time().chunks;
  chunks[5].bytes.resize(chunks[5].bytes.size() - 3);
  Replay replay({"web"}, {});
  std::size_t refused = 0, different = 0, behind = 0;
  for (const MomentChunk& chunk : chunks) {
    const auto played = replay.play(chunk);
    refused += played ? 0 : 1;
    if (!played) continue;
    for (const Replayed& one : *played) {
      different += one.is_same ? 0 : 1;
      behind += one.id > chunks[5].id(0) ? 1 : 0;
    }
  }
  EXPECT_EQ(refused, 1u);
  EXPECT_EQ(different, 0u);
  EXPECT_EQ(replay.begun(), 2u);
  EXPECT_GT(replay.passed_over(), 0u) << "until a predictor speaks whose making is recorded";
  EXPECT_GT(behind, 500u);
}

TEST(Replay, TellsWhatOtherSettingsWouldHaveDecided) {
  const std::vector<MomentChunk>& chunks = busy_time().chunks;
  const Played other = played(chunks, {.shortage = {}, .min = {}, .max = 3});
  EXPECT_EQ(other.all.size(), played(chunks).all.size());
  for (const Replayed& one : other.all) ASSERT_LE(one.decision.to, 3u);
  EXPECT_GT(other.different, 100u);
}

// What is found running was not decided; it is taken as it was.
TEST(Replay, TakesWhatWasFoundRunningAsGiven) {
  Recording run;
  settle(run.world, service_named("web"));
  run.world.balancers.at({"edge"}).rate[{"web"}] = 300.0;
  run.pass(60s);
  ASSERT_GT(run.world.view("web").desired, 2u);
  run.world.state = {};
  run.chunks.clear();
  run.world.restart();
  run.pass(60s);
  const Played again = played(run.chunks);
  EXPECT_EQ(again.different, 0u);
  EXPECT_GE(again.set_otherwise, 1u);
}

// ---- bytes ----

TEST(MomentCodec, GivesBackWhatItWasGiven) {
  for (const MomentChunk& chunk : busy_time().chunks) {
    const auto read = moments_in(chunk.bytes);
    ASSERT_TRUE(read) << read.error();
    MomentWriter writer(read->before);
    for (const Moment& moment : read->moments) writer.add(moment);
    ASSERT_EQ(writer.bytes(), chunk.bytes);
  }
}

TEST(MomentCodec, KeepsWhatAPredictorTookOverAndBelievesNoNonsense) {
  const auto read_with = [](double mean) {
    PricesLearned prices;
    prices.shares.unserved.fill(2.5);
    prices.shares.demand = 300.0;
    prices.aim = {.steps = 900, .right = 6, .mean = mean};
    Moment moment;
    moment.making = PredictionMaking{.number = 1, .needs = {}, .past = {}, .prices = prices};
    MomentWriter writer{Decided()};
    writer.add(moment);
    return moments_in(writer.bytes());
  };
  const auto read = read_with(5.75);
  ASSERT_TRUE(read) << read.error();
  const auto& prices = read->moments.at(0).making->prices;
  ASSERT_TRUE(prices);
  EXPECT_EQ(prices->shares.unserved.back(), 2.5);
  EXPECT_EQ(prices->shares.demand, 300.0);
  EXPECT_EQ(prices->aim.steps, 900);
  EXPECT_EQ(prices->aim.mean, 5.75);
  EXPECT_FALSE(read_with(std::nan("")));
  EXPECT_FALSE(read_with(1e9));
}

TEST(MomentCodec, RefusesWhatIsCutShort) {
  const std::string& whole = busy_time().chunks[3].bytes;
  const std::size_t moments = moments_in(whole)->moments.size();
  EXPECT_FALSE(moments_in(""));
  std::size_t refused = 0;
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const auto read = moments_in(std::string_view(whole).substr(0, length));
    refused += read ? 0 : 1;
    // One that ends where a moment does is a shorter chunk.
    if (read) {
      ASSERT_LT(read->moments.size(), moments);
    }
  }
  EXPECT_GE(refused + moments, whole.size() - 1);
}

TEST(MomentCodec, TakesNoHarmFromBytesThatAreOther) {
  const std::string& whole = busy_time().chunks[3].bytes;
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string other = whole;
    for (int changed = 0; changed < 1 + i % 5; ++changed) {
      other[random() % other.size()] = static_cast<char>(random());
    }
    const auto read = moments_in(other);
    if (read) {
      ASSERT_LE(read->moments.size(), kChunkMomentsMax);
    } else {
      ASSERT_THAT(read.error(), HasSubstr("recorded moments"));
    }
  }
}

TEST(MomentCodec, BoundsWhatAFewBytesMayAskFor) {
  // As many moments as bytes allow, each "as the one before".
  const MomentWriter empty{Decided{}};
  EXPECT_FALSE(moments_in(empty.bytes() + std::string(1 << 20, '\0')));
  EXPECT_FALSE(moments_in(std::string(kChunkBytesMax + 1, '\1')));
}

}  // namespace
}  // namespace foretide::coordinator::story
