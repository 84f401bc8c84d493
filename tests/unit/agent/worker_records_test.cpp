#include "agent/io/worker_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/agent/scratch.hpp"

namespace foretide::agent {
namespace {

WorkerRecord record_named(const std::string& id) {
  WorkerRecord record;
  WorkerLife& life = record.life;
  life.id = {id};
  life.service = {"web"};
  life.release = {"abc"};
  life.spec.argv = {"./server", "--port", "{port}"};
  life.spec.env = {{"KEY", "${file:/etc/secret}"}};
  life.spec.workdir = "/srv";
  life.spec.user = "www-data";
  life.spec.needs = {0.5, 1024};
  life.spec.start = {ProbeSpec::Kind::kHttp, "/healthz", std::chrono::milliseconds(7)};
  life.spec.stop = {std::chrono::milliseconds(1), 2, std::chrono::milliseconds(3)};
  life.order = wire::WorkerOrder::kStop;
  life.step = LifeStep::kSignalled;
  life.host = "10.0.0.7";
  life.port = 20007;
  life.pid = 4242;
  life.start_ticks = 99;
  life.since = Instant(std::chrono::seconds(5));
  life.started = Instant(std::chrono::seconds(4));
  life.start_time = std::chrono::milliseconds(120);
  life.was_ready = true;
  life.incarnations = 2;
  life.failures = 1;
  life.last_exit = wire::Exit{3, std::nullopt};
  life.reason = "a reason";
  life.last_output = {"one", "two \xff"};
  record.boot_id = "boot";
  record.mark = "mark";
  return record;
}

TEST(WorkerRecords, WhatIsWrittenIsReadAgain) {
  const Scratch scratch;
  const auto records = WorkerRecords::open(scratch.path());
  ASSERT_TRUE(records);
  WorkerRecord record = record_named("web-1-1");
  ASSERT_TRUE(records->write(record));
  const auto found = records->read_all();
  ASSERT_EQ(found.records.size(), 1U);
  EXPECT_THAT(found.problems, testing::IsEmpty());
  record.life.last_output[1] = "two \xef\xbf\xbd";  // bytes that are no text do not survive
  EXPECT_EQ(found.records[0].life, record.life);
  EXPECT_EQ(found.records[0].boot_id, "boot");
  EXPECT_EQ(found.records[0].mark, "mark");
  EXPECT_TRUE(records->remove({"web-1-1"}));
  EXPECT_TRUE(records->remove({"web-1-1"}));
  EXPECT_TRUE(records->read_all().records.empty());
}

TEST(WorkerRecords, ADamagedFileIsReportedAndTheOthersAreRead) {
  const Scratch scratch;
  const auto records = WorkerRecords::open(scratch.path());
  ASSERT_TRUE(records->write(record_named("good")));
  scratch.write("workers/cut.json", text_of(record_named("cut")).substr(0, 100));
  scratch.write("workers/other.json", text_of(record_named("good")));
  scratch.write("workers/half.json.new", "{");
  std::string odd = text_of(record_named("odd"));
  odd.replace(odd.find("\"step\": 7"), 9, "\"step\": 0");
  scratch.write("workers/odd.json", odd);
  const auto found = records->read_all();
  EXPECT_EQ(found.records.size(), 1U);
  EXPECT_THAT(found.problems, testing::ElementsAre(testing::HasSubstr("cut.json"),
                                                   testing::HasSubstr("unknown step 0"),
                                                   testing::HasSubstr("another worker")));
}

TEST(WorkerRecords, NoIdLeadsOutOfTheFolder) {
  const Scratch scratch;
  const auto records = WorkerRecords::open(scratch.path());
  EXPECT_FALSE(records->write(record_named("../evil")));
  EXPECT_FALSE(records->remove({"a/b"}));
  EXPECT_FALSE(is_plain({""}));
  EXPECT_FALSE(is_plain({".hidden"}));
  EXPECT_FALSE(is_plain({std::string(129, 'a')}));
  EXPECT_TRUE(is_plain({"web-front_2.b-12-3"}));
}

TEST(WorkerRecords, OthersMayNotLookIn) {
  const Scratch scratch;
  const auto records = WorkerRecords::open(scratch.path());
  ASSERT_TRUE(records->write(record_named("a")));
  struct stat folder {
  }, file{};
  stat(records->folder().c_str(), &folder);
  stat((records->folder() + "/a.json").c_str(), &file);
  EXPECT_EQ(folder.st_mode & 077U, 0U);
  EXPECT_EQ(file.st_mode & 077U, 0U);
}

TEST(WorkerRecords, RemembersPortsAndEpochOfTheNode) {
  const Scratch scratch;
  const auto records = WorkerRecords::open(scratch.path());
  EXPECT_EQ(records->read_memory(), NodeMemory{});
  ASSERT_TRUE(records->write_memory({7, {20003, 20001}, "10.0.0.7"}));
  EXPECT_EQ(records->read_memory(), (NodeMemory{7, {20003, 20001}, "10.0.0.7"}));
  scratch.write("node.json", "{");
  EXPECT_EQ(records->read_memory(), NodeMemory{});
}

}  // namespace
}  // namespace foretide::agent
