#include "balancer/io/access_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

AccessRecord sample() {
  AccessRecord record;
  record.began =
      WallTime{std::chrono::sys_days{std::chrono::year{2026} / 5 / 6} + 7h + 8min + 9s + 123ms};
  record.client = "192.0.2.7";
  record.method = "GET";
  record.target = "/x?y=1";
  record.host = "a.example";
  record.protocol = "HTTP/1.1";
  record.scheme = "https";
  record.status = 200;
  record.bytes = 5120;
  record.duration_us = 12'345;
  record.service = "web";
  record.worker = "web-3-1";
  record.request_id = "abc";
  record.user_agent = "curl/8";
  return record;
}

std::string line_of(const AccessRecord& record, AccessFormat format) {
  std::string line;
  append_access_line(record, format, line);
  return line;
}

TEST(AccessLine, IsJsonForPrograms) {
  const std::string line = line_of(sample(), AccessFormat::kJson);
  EXPECT_THAT(line, EndsWith("}\n"));
  const auto read = nlohmann::json::parse(line);
  EXPECT_EQ(read["time"], "2026-05-06T07:08:09.123Z");
  EXPECT_EQ(read["status"], 200);
  EXPECT_EQ(read["duration_ms"], 12.345);
  EXPECT_EQ(read["held_ms"], 0.0);
  EXPECT_EQ(read["worker"], "web-3-1");
  EXPECT_TRUE(read["referer"].is_null());
}

TEST(AccessLine, IsWhatReadersOfTheCombinedFormatExpect) {
  EXPECT_EQ(line_of(sample(), AccessFormat::kCombined),
            "192.0.2.7 - - [06/May/2026:07:08:09 +0000] \"GET /x?y=1 HTTP/1.1\" 200 5120 \"-\" "
            "\"curl/8\"\n");
  AccessRecord gone = sample();
  gone.status = 0;
  EXPECT_THAT(line_of(gone, AccessFormat::kCombined), HasSubstr("\" 499 5120"));
  EXPECT_EQ(line_of({}, AccessFormat::kCombined),
            "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 499 0 \"-\" \"-\"\n");
}

TEST(AccessLine, IsOneLineWhateverAClientSends) {
  AccessRecord record = sample();
  record.user_agent = "a\"b\\c\r\nd\x01\xff\xc3\xa4";
  EXPECT_THAT(line_of(record, AccessFormat::kCombined),
              HasSubstr("\"a\\\"b\\\\c\\x0d\\x0ad\\x01\\xff\\xc3\\xa4\"\n"));
  const auto read = nlohmann::json::parse(line_of(record, AccessFormat::kJson));
  EXPECT_EQ(read["user_agent"], "a\"b\\c\r\nd\x01\xef\xbf\xbd\xc3\xa4");
}

TEST(AccessRing, GivesBackWhatWasPutAcrossItsEnd) {
  AccessRing ring(1024);
  AccessRecord read;
  std::string texts;
  for (int i = 0; i < 50; ++i) {
    AccessRecord record = sample();
    const std::string target(static_cast<std::size_t>(i * 7), 'x');
    record.target = target;
    ring.put(record);
    ASSERT_TRUE(ring.take(read, texts));
    EXPECT_EQ(read.target, target);
    EXPECT_EQ(read.user_agent, "curl/8");
    EXPECT_EQ(read.duration_us, 12'345u);
    EXPECT_FALSE(ring.take(read, texts));
  }
}

TEST(AccessRing, DropsAndCountsWhatDoesNotFit) {
  AccessRing ring(400);
  ring.put(sample());
  ring.put(sample());
  ring.put(sample());
  AccessRecord read;
  std::string texts;
  int taken = 0;
  while (ring.take(read, texts)) ++taken;
  EXPECT_GT(taken, 0);
  EXPECT_EQ(static_cast<std::uint64_t>(3 - taken), ring.dropped());
  ring.put(sample());
  EXPECT_TRUE(ring.take(read, texts)) << "there is room again";
}

class AccessLogFile : public testing::Test {
 protected:
  AccessLogFile() : folder_(testing::TempDir() + "access-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~AccessLogFile() override { std::filesystem::remove_all(folder_); }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Until the file has so many lines.
  static bool has_lines(const std::string& path, long count) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < deadline) {
      const std::string text = content(path);
      if (std::count(text.begin(), text.end(), '\n') == count) return true;
      std::this_thread::yield();
    }
    return false;
  }

  std::string folder_;
};

TEST_F(AccessLogFile, TakesLinesOfAllThreads) {
  const std::string path = folder_ + "/access.log";
  auto log = AccessLog::open({.format = AccessFormat::kJson, .file = path, .threads = 2});
  ASSERT_TRUE(log) << log.error();
  (*log)->ring(0).put(sample());
  (*log)->ring(1).put(sample());
  log->reset();  // writes what is there
  EXPECT_TRUE(has_lines(path, 2));
}

TEST_F(AccessLogFile, GoesOnInANewFileAfterRotation) {
  const std::string path = folder_ + "/access.log";
  auto log = AccessLog::open({.format = AccessFormat::kCombined, .file = path});
  ASSERT_TRUE(log) << log.error();
  (*log)->ring(0).put(sample());
  ASSERT_TRUE(has_lines(path, 1));
  std::filesystem::rename(path, path + ".1");
  (*log)->reopen();
  ASSERT_TRUE(has_lines(path, 0));
  while (!std::filesystem::exists(path)) std::this_thread::yield();
  (*log)->ring(0).put(sample());
  EXPECT_TRUE(has_lines(path, 1));
  EXPECT_TRUE(has_lines(path + ".1", 1));
}

TEST_F(AccessLogFile, IsRefusedWhereItCannotBeOpened) {
  const auto log =
      AccessLog::open({.format = AccessFormat::kJson, .file = folder_ + "/none/access.log"});
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error(), HasSubstr("observe.access_log: "));
  EXPECT_THAT(log.error(), HasSubstr("No such file"));
}

TEST(AccessLog, IsNoneWhenItIsOff) {
  const auto log = AccessLog::open({});
  ASSERT_TRUE(log);
  EXPECT_FALSE(*log);
}

}  // namespace
}  // namespace foretide::balancer
