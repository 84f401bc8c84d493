// Recorded moments on disk: what is kept of them, for how long, and that a replay can be made of
// it.
#include <gmock/gmock.h>

#include "coordinator/core/replay.hpp"
#include "coordinator/io/history_keeper.hpp"
#include "coordinator/io/moments_json.hpp"
#include "core_world.hpp"
#include "folder.hpp"

namespace foretide::coordinator {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const ServiceId kWeb{"web"};

MomentChunk chunk(std::uint64_t number, std::int64_t begin, std::string bytes) {
  return {.life = 1, .number = number, .begin = begin, .bytes = std::move(bytes)};
}

class MomentsFile : public testing::Test {
 protected:
  std::unique_ptr<History> open() {
    auto history = History::open(folder_.file("history.db"));
    EXPECT_TRUE(history) << history.error();
    return std::move(*history);
  }
  static std::vector<KeptMoments> all(History& history) {
    auto moments = history.moments().after(kWeb, 0);
    EXPECT_TRUE(moments) << moments.error();
    return *moments;
  }
  Folder folder_;
};

TEST_F(MomentsFile, ReplacesAChunkThatHasGrown) {
  auto history = open();
  MomentTable& table = history->moments();
  ASSERT_TRUE(table.keep(kWeb, {chunk(0, 1000, "a"), chunk(1, 2000, "b")}, "1"));
  ASSERT_TRUE(table.keep(kWeb, {chunk(1, 2000, "bc"), chunk(2, 3000, "d")}, "1"));
  const auto kept = all(*history);
  ASSERT_THAT(kept, SizeIs(3));
  EXPECT_EQ(kept[1].chunk.bytes, "bc");
  EXPECT_EQ(kept[2].chunk.number, 2u);
  EXPECT_EQ(kept[2].version, "1");
  EXPECT_THAT(*table.after(kWeb, kept[1].id), SizeIs(1));
  EXPECT_THAT(*table.after({"api"}, 0), SizeIs(0));
}

TEST_F(MomentsFile, KeepsADayAndNoMoreBytesThanItMay) {
  auto history = open();
  MomentTable& table = history->moments();
  ASSERT_TRUE(table.keep(kWeb, {chunk(0, 1000, "old")}, "1"));
  ASSERT_TRUE(table.keep(kWeb, {chunk(1, 2000 + kMomentsKeptMs, "new")}, "1"));
  ASSERT_THAT(all(*history), SizeIs(1));
  const std::string large(static_cast<std::size_t>(kMomentsBytesMax / 4), 'x');
  for (std::uint64_t i = 2; i < 8; ++i) {
    ASSERT_TRUE(table.keep(kWeb, {chunk(i, 3000 + kMomentsKeptMs, large)}, "1"));
  }
  std::vector<std::uint64_t> numbers;
  for (std::int64_t id = 0;;) {
    const auto page = table.after(kWeb, id);
    ASSERT_TRUE(page);
    if (page->empty()) break;
    for (const KeptMoments& kept : *page) numbers.push_back(kept.chunk.number);
    id = page->back().id;
  }
  EXPECT_THAT(numbers, testing::ElementsAre(4, 5, 6, 7)) << "the oldest go";
  ASSERT_TRUE(table.trim(4000 + 2 * kMomentsKeptMs));
  EXPECT_THAT(all(*history), SizeIs(0));
}

// As a coordinator keeps them, a second at a time, and is asked for them in the midst of a minute.
TEST_F(MomentsFile, GiveAReplayOfWhatWasDecided) {
  using namespace std::chrono_literals;
  auto keeper = HistoryKeeper::open(folder_.file("history.db"), WallTime(0ms));
  ASSERT_TRUE(keeper) << keeper.error();
  story::World world;
  story::settle(world, story::service_named("web"));
  std::size_t pages = 0;
  for (int second = 0; second < 200; ++second) {
    world.balancers.at({"edge"}).rate[kWeb] = second % 60 < 30 ? 50.0 : 400.0;
    world.pass(1s);
    ASSERT_TRUE(keeper->keep(world.state, world.now, WallTime(1s * second)));
    if (second == 95) pages = keeper->moments(world.record("web"), 0)->size();
  }
  EXPECT_GE(pages, 2u);
  const auto kept = keeper->moments(world.record("web"), 0);
  ASSERT_TRUE(kept) << kept.error();
  Replay replay(kWeb, {});
  std::size_t changes = 0, moments = 0;
  for (const KeptMoments& one : *kept) {
    const auto played = replay.play(one.chunk);
    ASSERT_TRUE(played) << played.error();
    for (const Replayed& moment : *played) {
      EXPECT_TRUE(moment.is_same) << moment.decision.rule << ": " << moment.decision.reason;
      changes += moment.decision.from != moment.decision.to ? 1 : 0;
      ++moments;
    }
  }
  EXPECT_EQ(replay.begun(), 1u);
  EXPECT_GT(moments, 200u) << "up to this second";
  EXPECT_GE(changes, 4u);
}

TEST_F(MomentsFile, AreGivenPageByPage) {
  EXPECT_EQ(*moments_after_in({}), 0);
  EXPECT_EQ(*moments_after_in({{"after", "17"}}), 17);
  for (const char* wrong : {"", "x", "-1", "1x", "99999999999999999999"}) {
    const auto after = moments_after_in({{"after", wrong}});
    ASSERT_FALSE(after) << wrong;
    EXPECT_THAT(after.error(), HasSubstr("wants the number"));
  }
  const Json json =
      moments_json(kWeb, {{.id = 5, .chunk = chunk(3, 60'000, "ab"), .version = "1"}});
  EXPECT_EQ(json["next"], 5);
  EXPECT_EQ(json["moments"][0]["bytes"], "YWI");
  EXPECT_TRUE(moments_json(kWeb, {})["next"].is_null());
}

}  // namespace
}  // namespace foretide::coordinator
