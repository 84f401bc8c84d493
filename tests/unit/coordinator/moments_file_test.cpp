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
using namespace std::chrono_literals;

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

// All that one gets who asks page by page.
std::vector<KeptMoments> asked_for(const HistoryKeeper& keeper, const ServiceRecord& service) {
  std::vector<KeptMoments> all;
  for (std::int64_t id = 0;;) {
    const auto page = keeper.moments(service, id);
    EXPECT_TRUE(page) << page.error();
    if (!page || page->empty()) return all;
    all.insert(all.end(), page->begin(), page->end());
    id = page->back().id;
    if (id == 0) return all;
  }
}

// As a coordinator keeps them, a second at a time, and is asked for them in the midst of a minute.
TEST_F(MomentsFile, GiveAReplayOfWhatWasDecided) {
  auto keeper = HistoryKeeper::open(folder_.file("history.db"), WallTime(0ms));
  ASSERT_TRUE(keeper) << keeper.error();
  story::World world;
  story::settle(world, story::service_named("web"));
  std::size_t midway = 0;
  for (int second = 0; second < 200; ++second) {
    world.balancers.at({"edge"}).rate[kWeb] = second % 60 < 30 ? 50.0 : 400.0;
    world.pass(1s);
    ASSERT_TRUE(keeper->keep(world.state, world.now, WallTime(1s * second)));
    if (second == 95) midway = asked_for(*keeper, world.record("web")).size();
  }
  EXPECT_GE(midway, 2u);
  Replay replay(kWeb, {});
  std::size_t changes = 0, moments = 0;
  for (const KeptMoments& one : asked_for(*keeper, world.record("web"))) {
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

// Somebody who asks every second gets each chunk once, the last as far as it is by now, and the
// file holds what it held before.
TEST_F(MomentsFile, AreAskedForWithoutBeingWritten) {
  auto keeper = HistoryKeeper::open(folder_.file("history.db"), WallTime(0ms));
  ASSERT_TRUE(keeper) << keeper.error();
  story::World world;
  story::settle(world, story::service_named("web"));
  const ServiceRecord& web = world.record("web");
  const auto stored_bytes = [&] {
    std::size_t bytes = 0;
    for (const KeptMoments& one : all(keeper->history())) bytes += one.chunk.bytes.size();
    return bytes;
  };
  std::size_t not_written = 0;
  for (int second = 0; second < 150; ++second) {
    world.pass(1s);
    ASSERT_TRUE(keeper->keep(world.state, world.now, WallTime(1s * second)));
    const std::size_t before = stored_bytes();
    const auto asked = asked_for(*keeper, web);
    ASSERT_EQ(stored_bytes(), before) << "it was asked for only";
    std::uint64_t number = 0;
    std::size_t bytes = 0;
    for (const KeptMoments& one : asked) {
      ASSERT_EQ(one.chunk.number, number++) << "each once, in order";
      ASSERT_EQ(one.version, FORETIDE_VERSION);
      bytes += one.chunk.bytes.size();
    }
    ASSERT_EQ(asked.back().chunk.bytes, web.moments.from(0).back().bytes) << "up to now";
    not_written = std::max(not_written, bytes - before);
  }
  EXPECT_GT(not_written, 0u);
  EXPECT_LT(not_written, 2'000u) << "a crash would cost some ten seconds";
}

TEST_F(MomentsFile, FromANewerProgramAreLeftAloneAndItIsToldWhatToDo) {
  const auto made_newer = [](const std::string& path) {
    const std::vector<std::string_view> migrations(100);
    ASSERT_TRUE(SqlFile::open(path, SqlFile::Durability::kNormal, migrations));
  };
  ASSERT_TRUE(open()->moments().keep(kWeb, {chunk(0, 1000, "a")}, "9.9.9"));
  const std::string path = folder_.file("history.db");
  made_newer(path);
  const auto newer = History::open(path);
  ASSERT_FALSE(newer);
  EXPECT_THAT(newer.error(),
              testing::StartsWith(path + ": Foretide 9.9.9 wrote it, with schema version 100; "
                                         "this one, " FORETIDE_VERSION ", knows up to "));
  EXPECT_THAT(newer.error(), HasSubstr("(use that version again, or move the file away: only "
                                       "recorded demand and what was learned from it are lost"));
  // One that has nothing to tell who wrote it.
  const std::string other = folder_.file("other.db");
  made_newer(other);
  const auto unknown = History::open(other);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error(), testing::StartsWith(other + ": a newer Foretide wrote it"));
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
  const Json last =
      moments_json(kWeb, {{.id = 0, .chunk = chunk(4, 90'000, "cd"), .version = "1"}});
  EXPECT_TRUE(last["next"].is_null()) << "what is not written yet comes last";
}

}  // namespace
}  // namespace foretide::coordinator
