#include "balancer/io/access_log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

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

// A pipe, which holds 64 KiB, as standard output or as a file. What a test finds out it says when
// the output is its own again.
class AccessLogPipe : public testing::Test {
 protected:
  AccessLogPipe() : own_output_(::dup(STDOUT_FILENO)), own_logger_(spdlog::default_logger()) {
    std::fflush(stdout);
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(said_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::move(sink)));
  }
  ~AccessLogPipe() override {
    give_output_back();
    spdlog::set_default_logger(own_logger_);
    for (const int end : ends_) ::close(end);
    ::close(own_output_);
  }
  void make_it_the_output() { ::dup2(ends_[1], STDOUT_FILENO); }
  void give_output_back() { ::dup2(own_output_, STDOUT_FILENO); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[1]); }
  static std::unique_ptr<AccessLog> opened(const std::string& file) {
    auto log = AccessLog::open({.format = AccessFormat::kCombined, .file = file});
    return log ? std::move(*log) : nullptr;
  }
  static void put(AccessLog& log, int lines) {
    for (int i = 0; i < lines; ++i) log.ring(0).put(sample());
  }
  // Reads until nothing comes for a moment; how many lines it was.
  std::size_t read_lines(int wait_ms) {
    std::size_t lines = 0;
    std::array<char, 65536> bytes{};
    pollfd poll{ends_[0], POLLIN, 0};
    while (::poll(&poll, 1, wait_ms) == 1) {
      const auto size = ::read(ends_[0], bytes.data(), bytes.size());
      if (size <= 0) break;
      lines += static_cast<std::size_t>(std::count(bytes.begin(), bytes.begin() + size, '\n'));
    }
    return lines;
  }
  // Whether it ends without being read. If not, it is read, so that the test goes on.
  bool ends(std::unique_ptr<AccessLog> log) {
    auto end = std::async(std::launch::async, [&] { log.reset(); });
    const bool in_time = end.wait_for(10s) == std::future_status::ready;
    while (end.wait_for(0s) != std::future_status::ready) read_lines(10);
    return in_time;
  }
  // What was said of lines that were not written.
  std::size_t said_to_be_lost() const {
    const std::string said = said_.str();
    const auto at = said.find(" lines of it could not be written");
    if (at == std::string::npos) return 0;
    return std::stoul(said.substr(said.rfind(':', at) + 1));
  }

  std::array<int, 2> ends_{-1, -1};
  std::ostringstream said_;

 private:
  int own_output_;
  std::shared_ptr<spdlog::logger> own_logger_;
};

constexpr int kLinesInPlenty = 5000;  // more than a pipe holds, less than a ring

TEST_F(AccessLogPipe, EndsThoughNobodyReadsStandardOutput) {
  make_it_the_output();
  auto log = opened("-");
  put(*log, kLinesInPlenty);
  const bool ended = ends(std::move(log));
  give_output_back();
  EXPECT_TRUE(ended);
  const auto read = read_lines(0);
  EXPECT_GT(read, 100u) << "as much as the pipe holds";
  EXPECT_EQ(read + said_to_be_lost(), static_cast<std::size_t>(kLinesInPlenty)) << said_.str();
}

TEST_F(AccessLogPipe, EndsThoughNobodyReadsItsFile) {
  auto log = opened(path());
  put(*log, kLinesInPlenty);
  EXPECT_TRUE(ends(std::move(log)));
  EXPECT_EQ(read_lines(0) + said_to_be_lost(), static_cast<std::size_t>(kLinesInPlenty));
}

TEST_F(AccessLogPipe, LosesNothingWhenItIsReadLate) {
  make_it_the_output();
  auto log = opened("-");
  put(*log, kLinesInPlenty);
  auto end = std::async(std::launch::async, [&] { log.reset(); });
  std::size_t read = 0;
  while (end.wait_for(0s) != std::future_status::ready) read += read_lines(10);
  read += read_lines(0);
  give_output_back();
  EXPECT_EQ(read, static_cast<std::size_t>(kLinesInPlenty));
  EXPECT_EQ(said_.str(), "");
}

TEST_F(AccessLogFile, IsRefusedWhereItIsAPipeThatNobodyReads) {
  const std::string path = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto log = AccessLog::open({.format = AccessFormat::kJson, .file = path});
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error(), HasSubstr("nobody reads this pipe"));
}

TEST(AccessLog, IsNoneWhenItIsOff) {
  const auto log = AccessLog::open({});
  ASSERT_TRUE(log);
  EXPECT_FALSE(*log);
}

}  // namespace
}  // namespace foretide::balancer
