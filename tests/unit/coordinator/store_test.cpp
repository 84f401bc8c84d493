#include "coordinator/io/store_sqlite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "coordinator/io/sqlite.hpp"
#include "folder.hpp"

namespace foretide::coordinator {
namespace {

using testing::HasSubstr;

WallTime at(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

wire::DesiredSet set_of(std::uint64_t epoch, std::uint64_t revision, const std::string& worker) {
  wire::DesiredSet set;
  set.stamp = {epoch, revision};
  set.workers.push_back(
      {WorkerId{worker}, ServiceId{"web"}, ReleaseId{"r1"}, wire::WorkerOrder::kRun, false});
  set.specs[ReleaseId{"r1"}].argv = {"./server", "--port", "{port}"};
  return set;
}

std::unique_ptr<Store> opened(const std::string& path) {
  auto store = Store::open(path);
  EXPECT_TRUE(store) << (store ? "" : store.error());
  return store ? std::move(*store) : nullptr;
}

TEST(Store, StartsEmptyAtEpochZero) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  EXPECT_EQ(*store->epoch(), 0u);
  EXPECT_EQ(*store->revision(), 0u);
  EXPECT_TRUE(store->sets()->empty());
  EXPECT_TRUE(store->peers()->empty());
}

TEST(Store, GivesBackWhatItWasGivenAfterReopening) {
  Folder folder;
  const wire::DesiredSet set = set_of(7, 3, "web-7-1");
  {
    auto store = opened(folder.file("control.db"));
    Batch batch;
    batch.epoch = 7;
    batch.revision = 3;
    batch.sets[NodeId{"node-a"}] = set;
    batch.decisions.push_back({ServiceId{"web"}, at(10), R"({"to":1})"});
    batch.decisions.push_back({ServiceId{"web"}, at(11), R"({"to":2})"});
    ASSERT_TRUE(store->commit(batch));
    ASSERT_TRUE(store->set_override({ServiceId{"web"}, 3, at(900)}));
  }
  auto store = opened(folder.file("control.db"));
  EXPECT_EQ(*store->epoch(), 7u);
  EXPECT_EQ(*store->revision(), 3u);
  const auto sets = store->sets();
  ASSERT_EQ(sets->size(), 1u);
  EXPECT_EQ(sets->front().first, NodeId{"node-a"});
  EXPECT_EQ(sets->front().second, set);
  const auto decisions = store->decisions(ServiceId{"web"}, 10);
  ASSERT_EQ(decisions->size(), 2u);
  EXPECT_EQ(decisions->front().json, R"({"to":2})") << "newest first";
  EXPECT_EQ(store->decisions(ServiceId{"web"}, 1)->size(), 1u);
  EXPECT_EQ(store->overrides()->front().count, 3u);
}

TEST(Store, KnowsTheLastDecisionOfEachService) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  Batch batch;
  batch.decisions.push_back({ServiceId{"web"}, at(10), R"({"to":1})"});
  batch.decisions.push_back({ServiceId{"api"}, at(11), R"({"to":5})"});
  batch.decisions.push_back({ServiceId{"web"}, at(12), R"({"to":2})"});
  ASSERT_TRUE(store->commit(batch));
  const auto last = store->last_decisions();
  ASSERT_EQ(last->size(), 2u);
  for (const StoredDecision& decision : *last)
    EXPECT_EQ(decision.json, decision.service.text == "web" ? R"({"to":2})" : R"({"to":5})");
}

TEST(Store, KeepsPausesAndDrainsUntilTheyAreTakenBack) {
  Folder folder;
  const std::string path = folder.file("control.db");
  {
    auto store = opened(path);
    ASSERT_TRUE(store->pause({.service = {"web"}}));
    ASSERT_TRUE(store->pause({{"web"}, PauseDirection::kDown, at(7)}));
    ASSERT_TRUE(store->pause({.service = {"api"}}));
    ASSERT_TRUE(store->resume({"api"}));
    ASSERT_TRUE(store->drain({"node-a"}));
  }
  auto store = opened(path);
  EXPECT_EQ(*store->paused(), std::vector({StoredPause{{"web"}, PauseDirection::kDown, at(7)}}));
  EXPECT_EQ(*store->draining(), std::vector{NodeId{"node-a"}});
  ASSERT_TRUE(store->undrain({"node-a"}));
  EXPECT_TRUE(store->draining()->empty());
}

// given: a store of the version before, with a pause in it     expect: it forbids all, for good
TEST(Store, TakesOverThePausesOfAnOlderOne) {
  Folder folder;
  const std::string path = folder.file("control.db");
  opened(path);
  {
    constexpr std::array<std::string_view, 3> present{};
    auto file = SqlFile::open(path, SqlFile::Durability::kFull, present);
    ASSERT_TRUE(file) << file.error();
    for (const char* sql :
         {"ALTER TABLE paused_services DROP COLUMN direction",
          "ALTER TABLE paused_services DROP COLUMN expires_at_ms",
          "INSERT INTO paused_services VALUES ('web')", "PRAGMA user_version=2"}) {
      ASSERT_TRUE(file->run(sql)) << sql;
    }
  }
  EXPECT_EQ(*opened(path)->paused(), std::vector({StoredPause{.service = {"web"}}}));
}

// One bad row must not keep the whole cluster from starting.
TEST(Store, LeavesOutASetThatItCannotRead) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  Batch batch;
  batch.sets[NodeId{"node-a"}] = set_of(1, 1, "web-1-1");
  batch.sets[NodeId{"node-b"}] = set_of(1, 2, "web-1-2");
  ASSERT_TRUE(store->commit(batch));
  wire::DesiredSet huge = set_of(1, 3, "web-1-3");
  for (int i = 0; i < 5000; ++i) {
    huge.workers.push_back(huge.workers.front());
    huge.workers.back().id.text += std::to_string(i);
  }
  Batch second;
  second.sets[NodeId{"node-b"}] = huge;
  ASSERT_TRUE(store->commit(second));
  const auto sets = store->sets();
  ASSERT_TRUE(sets);
  ASSERT_EQ(sets->size(), 1u);
  EXPECT_EQ(sets->front().first, NodeId{"node-a"});
}

TEST(Store, NeverGoesBackInEpochOrRevision) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  ASSERT_TRUE(store->commit({5, 9, {}, {}}));
  ASSERT_TRUE(store->commit({4, 2, {}, {}}));
  EXPECT_EQ(*store->epoch(), 5u);
  EXPECT_EQ(*store->revision(), 9u);
  ASSERT_TRUE(store->commit({6, {}, {}, {}}));
  EXPECT_EQ(*store->revision(), 0u) << "revisions count within an epoch";
}

TEST(Store, KeepsWhatWasCommittedWhenTheProcessIsKilled) {
  Folder folder;
  const std::string path = folder.file("control.db");
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = Store::open(path);
    Batch batch;
    batch.epoch = 12;
    batch.sets[NodeId{"node-a"}] = set_of(12, 1, "web-12-1");
    const bool done = store && (*store)->commit(batch);
    ::kill(::getpid(), done ? SIGKILL : SIGTERM);  // no close, no checkpoint
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(path + "-wal"));
  auto store = opened(path);
  EXPECT_EQ(*store->epoch(), 12u);
  EXPECT_EQ(store->sets()->size(), 1u);
}

TEST(Store, KeepsTheNewestDecisionsOnly) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  Batch batch;
  for (std::int64_t i = 0; i < Store::kDecisionsKept + 5; ++i)
    batch.decisions.push_back({ServiceId{"web"}, at(i), std::to_string(i)});
  ASSERT_TRUE(store->commit(batch));
  const auto kept = store->decisions(ServiceId{"web"}, 1'000'000);
  EXPECT_EQ(static_cast<std::int64_t>(kept->size()), Store::kDecisionsKept);
  EXPECT_EQ(kept->back().json, "5");
}

TEST(Store, SpendsATokenOnce) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  StoredToken token{"tok", wire::Role::kAgent, "", at(3600), {}, ""};
  ASSERT_TRUE(store->add_token(token));
  ASSERT_TRUE(store->enrol(token, {"key-1", wire::Role::kAgent, "node-a", at(5), false}));
  const Outcome again = store->enrol(token, {"key-2", wire::Role::kAgent, "node-b", at(6), false});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr("used already"));
  ASSERT_EQ(store->peers()->size(), 1u) << "the refused enrolment left nothing behind";
  EXPECT_EQ(store->tokens()->front().spent_by, "key-1");
  ASSERT_TRUE(store->forget_tokens_before(at(3601)));
  EXPECT_TRUE(store->tokens()->empty());
}

TEST(Store, RevokesAKeyAndForgetsItsSet) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  StoredToken token{"tok", wire::Role::kAgent, "", at(3600), {}, ""};
  ASSERT_TRUE(store->add_token(token));
  ASSERT_TRUE(store->enrol(token, {"key-1", wire::Role::kAgent, "node-a", at(5), false}));
  Batch batch;
  batch.sets[NodeId{"node-a"}] = set_of(1, 1, "web-1-1");
  ASSERT_TRUE(store->commit(batch));
  ASSERT_TRUE(store->revoke("key-1"));
  EXPECT_TRUE(store->peers()->front().revoked);
  EXPECT_TRUE(store->sets()->empty());
}

TEST(Store, RefusesADamagedFileInWords) {
  Folder folder;
  const std::string path = folder.file("control.db");
  std::ofstream(path) << std::string(8192, 'x');
  const auto store = Store::open(path);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error(), HasSubstr(path));
  EXPECT_THAT(store.error(), HasSubstr("not a database"));
}

TEST(Store, FindsDamageInsideTheFile) {
  Folder folder;
  const std::string path = folder.file("control.db");
  {
    auto store = opened(path);
    Batch batch;
    for (int i = 0; i < 2000; ++i)
      batch.decisions.push_back({ServiceId{"web"}, at(i), std::string(200, 'd')});
    ASSERT_TRUE(store->commit(batch));
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
  file << std::string(16384, '\xff');
  file.close();
  const auto store = Store::open(path);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error(), HasSubstr(path));
}

TEST(Store, RefusesAFileThatCannotBeCreated) {
  const auto store = Store::open("/nonexistent/folder/control.db");
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error(), HasSubstr("/nonexistent/folder/control.db: cannot open"));
}

TEST(Store, SaysThatTheDiskIsFullAndKeepsTheFormerState) {
  Folder folder;
  const std::string path = folder.file("control.db");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = Store::open(path);
    if (!store || !(*store)->commit({3, 1, {}, {}})) ::_exit(1);
    const rlimit limit{64 * 1024, 64 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Batch big;
    big.epoch = 4;
    big.decisions.push_back({ServiceId{"web"}, at(1), std::string(1 << 20, 'x')});
    if ((*store)->commit(big)) ::_exit(2);
    ::_exit((*store)->epoch().value() == 3 ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  auto store = opened(path);
  EXPECT_EQ(*store->epoch(), 3u);
}

TEST(Store, IsReadableByItsOwnerOnly) {
  Folder folder;
  auto store = opened(folder.file("control.db"));
  struct stat file {};
  ASSERT_EQ(::stat(folder.file("control.db").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0077, 0u);
}

constexpr std::array<std::string_view, 2> kTwoSteps{
    "CREATE TABLE thing (name TEXT)",
    "ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 7",
};

TEST(SqlFile, BringsAnOlderSchemaUpToDateAndKeepsItsRows) {
  Folder folder;
  const std::string path = folder.file("a.db");
  {
    auto old = SqlFile::open(path, SqlFile::Durability::kFull, std::span(kTwoSteps).first(1));
    ASSERT_TRUE(old);
    ASSERT_TRUE(old->run("INSERT INTO thing VALUES ('x')"));
  }
  auto file = SqlFile::open(path, SqlFile::Durability::kFull, kTwoSteps);
  ASSERT_TRUE(file) << file.error();
  std::int64_t size = 0;
  ASSERT_TRUE(
      file->prepare("SELECT size FROM thing WHERE name = ?")
          ->run({std::string_view("x")}, [&](const SqlRow& row) { size = row.integer(0); }));
  EXPECT_EQ(size, 7);
}

TEST(SqlFile, LeavesTheFileAloneWhenAMigrationFails) {
  Folder folder;
  const std::string path = folder.file("a.db");
  constexpr std::array<std::string_view, 2> broken{kTwoSteps[0],
                                                   "CREATE TABLE b (x); SELECT nonsense()"};
  ASSERT_FALSE(SqlFile::open(path, SqlFile::Durability::kFull, broken));
  auto file = SqlFile::open(path, SqlFile::Durability::kFull, kTwoSteps);
  ASSERT_TRUE(file) << file.error();
  EXPECT_FALSE(file->prepare("SELECT * FROM b"));
}

TEST(SqlFile, RefusesAFileFromANewerProgram) {
  Folder folder;
  const std::string path = folder.file("a.db");
  ASSERT_TRUE(SqlFile::open(path, SqlFile::Durability::kFull, kTwoSteps));
  const auto file = SqlFile::open(path, SqlFile::Durability::kFull, std::span(kTwoSteps).first(1));
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error(), HasSubstr(path + ": a newer Foretide wrote it, with schema version 2"));
  EXPECT_THAT(file.error(), HasSubstr("knows up to 1 (use that version again)"));
}

}  // namespace
}  // namespace foretide::coordinator
