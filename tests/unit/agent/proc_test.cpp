#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "agent/proc/diskstats.hpp"
#include "agent/proc/loadavg.hpp"
#include "agent/proc/meminfo.hpp"
#include "agent/proc/net_dev.hpp"
#include "agent/proc/pid_io.hpp"
#include "agent/proc/pid_stat.hpp"
#include "agent/proc/pid_statm.hpp"
#include "agent/proc/pressure.hpp"
#include "agent/proc/stat.hpp"
#include "agent/proc/tcp.hpp"

namespace foretide::agent {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(FORETIDE_FIXTURES) + "/proc/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

template <class Value>
std::string error_of(const Result<Value>& result) {
  return result ? "no error" : result.error();
}

TEST(ParseStat, AddsUpAllCoresAndLeavesIdleAndIowaitOut) {
  EXPECT_EQ(*parse_stat(fixture("vm/stat")),
            (CpuTimes{23560 + 8094 + 96 + 85, 23560 + 8094 + 463814 + 849 + 96 + 85}));
}

TEST(ParseStat, ReadsTheFourFieldsOfAnOldKernel) {
  EXPECT_EQ(*parse_stat(fixture("small/stat")), (CpuTimes{125, 1125}));
}

TEST(ParseStat, QuotesTheOffendingLine) {
  EXPECT_EQ(error_of(parse_stat(fixture("malformed/stat"))),
            "stat: `cpu  100 5 x 1000`: expected at least four counts of ticks");
  EXPECT_EQ(error_of(parse_stat("")), "stat: ``: expected the line that begins with `cpu`");
}

TEST(ParseMeminfo, ReadsTotalAndAvailable) {
  const Memory memory = *parse_meminfo(fixture("vm/meminfo"));
  EXPECT_EQ(memory.total_bytes, 24682416ULL * 1024);
  EXPECT_EQ(memory.available_bytes, 23872712ULL * 1024);
}

TEST(ParseMeminfo, LeavesAvailableMissingWhereTheKernelDoesNotTell) {
  EXPECT_EQ(*parse_meminfo(fixture("small/meminfo")), (Memory{505660ULL * 1024, std::nullopt}));
}

TEST(ParseMeminfo, RefusesWordsAndOverflow) {
  EXPECT_EQ(error_of(parse_meminfo(fixture("malformed/meminfo"))),
            "meminfo: `MemTotal: lots`: expected a number of kB");
  EXPECT_FALSE(parse_meminfo("MemTotal: 18446744073709551615 kB\n"));
  EXPECT_FALSE(parse_meminfo("MemFree: 1 kB\n"));
}

TEST(ParseLoadavg, TakesTheFirstMinute) {
  EXPECT_DOUBLE_EQ(*parse_loadavg(fixture("vm/loadavg")), 1.04);
  EXPECT_FALSE(parse_loadavg(""));
  EXPECT_FALSE(parse_loadavg("nan 0 0"));
  EXPECT_FALSE(parse_loadavg("-1 0 0"));
}

TEST(ParseNetDev, SumsTheInterfacesThatLeaveTheHost) {
  const NetworkBytes bytes = *parse_net_dev(fixture("vm/net/dev"));
  EXPECT_GT(bytes.received, 30'000'000U);
  EXPECT_GT(bytes.sent, 40'000U);
  EXPECT_EQ(*parse_net_dev(fixture("small/net/dev")), (NetworkBytes{0, 0}));
}

TEST(ParseNetDev, SkipsInnerInterfacesAndReadsAliases) {
  const std::string heading = " a | b\n c | d\n";
  const std::string counts = " 10 0 0 0 0 0 0 0 20 0 0 0 0 0 0 0\n";
  EXPECT_EQ(*parse_net_dev(heading + "docker0:" + counts + "vethab:" + counts + "br-1:" + counts +
                           "eth0:1:" + counts + "eno1:" + counts),
            (NetworkBytes{20, 40}));
}

TEST(ParseNetDev, QuotesTheOffendingLine) {
  EXPECT_EQ(error_of(parse_net_dev(fixture("malformed/net/dev"))),
            "net/dev: ` eth0 12 13`: expected an interface and a colon");
}

TEST(ParseDiskstats, CountsWholeDisksOnly) {
  EXPECT_EQ(*parse_diskstats(fixture("small/diskstats")), (DiskBytes{2008 * 512, 416 * 512}));
  EXPECT_GT(parse_diskstats(fixture("vm/diskstats"))->read, 1'000'000'000U);
}

TEST(ParseDiskstats, QuotesTheOffendingLine) {
  EXPECT_EQ(error_of(parse_diskstats(fixture("malformed/diskstats"))),
            "diskstats: `   8       0 sda 100 0 -2000 50`: expected at least ten fields");
}

TEST(ParsePressure, IsAShareOfTime) {
  EXPECT_DOUBLE_EQ(*parse_pressure(fixture("vm/pressure/cpu")), 0.2956);
  EXPECT_FALSE(parse_pressure(fixture("malformed/pressure/cpu")));
  EXPECT_FALSE(parse_pressure("full avg10=1.00"));
  EXPECT_FALSE(parse_pressure("some avg10=nan"));
}

TEST(ParsePidStat, ReadsWhatTellsOneProcessFromAnother) {
  const PidStat stat = *parse_pid_stat(fixture("vm/4242/stat"));
  EXPECT_EQ(stat.pid, 4242);
  EXPECT_EQ(stat.parent, 10320);
  EXPECT_EQ(stat.group, 10320);
  EXPECT_EQ(stat.session, 3283);
  EXPECT_EQ(stat.threads, 1U);
  EXPECT_EQ(stat.start_ticks, 248765U);
  EXPECT_TRUE(stat.is_alive());
}

TEST(ParsePidStat, IsNotFooledByTheCommandsName) {
  const std::string tail = " 1 2 3 0 -1 0 0 0 0 0 7 8 0 0 20 0 4 0 99 0";
  const PidStat stat = *parse_pid_stat("5 (a) S 6 (b) ) Z" + tail);
  EXPECT_EQ(stat.parent, 1);
  EXPECT_EQ(stat.cpu_ticks, 15U);
  EXPECT_EQ(stat.start_ticks, 99U);
  EXPECT_FALSE(stat.is_alive());
  EXPECT_EQ(parse_pid_stat("5 (new\nline) S" + tail)->session, 3);
}

TEST(ParsePidStat, RefusesWhatIsCutShort) {
  EXPECT_FALSE(parse_pid_stat(fixture("malformed/77/stat")));
  EXPECT_FALSE(parse_pid_stat(""));
  EXPECT_FALSE(parse_pid_stat("5 ("));
  EXPECT_FALSE(parse_pid_stat(") ("));
}

TEST(ParsePidStatm, TakesTheSecondNumber) {
  EXPECT_EQ(*parse_pid_statm_resident_pages(fixture("vm/4242/statm")), 444U);
  EXPECT_FALSE(parse_pid_statm_resident_pages("garbage"));
}

TEST(ParsePidIo, TakesWhatReachedTheDisks) {
  EXPECT_EQ(*parse_pid_io(fixture("vm/4242/io")), (PidIo{45056, 0}));
  EXPECT_EQ(error_of(parse_pid_io("read_bytes: -1\n")),
            "pid/io: `read_bytes: -1`: expected a number of bytes");
  EXPECT_FALSE(parse_pid_io("read_bytes: 1\n"));
}

TEST(ParseTcp, FindsTheListenersOfAPortWithTheirAddress) {
  const auto own = *parse_tcp_listeners(fixture("vm/net/tcp"), 20000);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0], (TcpListener{"10.0.0.7", 5150, 65534}));
  EXPECT_FALSE(own[0].is_loopback_only());
  const auto loopback = *parse_tcp_listeners(fixture("vm/net/tcp"), 20001);
  ASSERT_EQ(loopback.size(), 1U);
  EXPECT_TRUE(loopback[0].is_loopback_only());
  EXPECT_TRUE(parse_tcp_listeners(fixture("vm/net/tcp"), 40000)->empty());
}

TEST(ParseTcp, ReadsIpv6) {
  EXPECT_EQ(parse_tcp_listeners(fixture("vm/net/tcp6"), 20002)->at(0).address, "::");
  EXPECT_TRUE(parse_tcp_listeners(fixture("vm/net/tcp6"), 20002)->at(0).is_any());
  EXPECT_TRUE(parse_tcp_listeners(fixture("vm/net/tcp6"), 20003)->at(0).is_loopback_only());
}

TEST(ParseTcp, CountsOnlyEstablishedConnectionsOnTheLocalPort) {
  EXPECT_EQ(*parse_tcp_established(fixture("vm/net/tcp"), 20000), 2U);
  EXPECT_EQ(*parse_tcp_established(fixture("vm/net/tcp6"), 20000), 1U);
  EXPECT_EQ(*parse_tcp_established(fixture("vm/net/tcp"), 20001), 0U);
  EXPECT_FALSE(parse_tcp_established("heading\n 0: nonsense\n", 1));
}

// Seeded, so that a failure can be run again: no input of any kind may crash a parser.
TEST(Parsers, SurviveGarbageAndTruncation) {
  const std::vector<std::function<void(std::string_view)>> parsers = {
      [](std::string_view b) { (void)parse_stat(b); },
      [](std::string_view b) { (void)parse_meminfo(b); },
      [](std::string_view b) { (void)parse_loadavg(b); },
      [](std::string_view b) { (void)parse_net_dev(b); },
      [](std::string_view b) { (void)parse_diskstats(b); },
      [](std::string_view b) { (void)parse_pressure(b); },
      [](std::string_view b) { (void)parse_pid_stat(b); },
      [](std::string_view b) { (void)parse_pid_statm_resident_pages(b); },
      [](std::string_view b) { (void)parse_pid_io(b); },
      [](std::string_view b) { (void)parse_tcp_listeners(b, 20000); },
      [](std::string_view b) { (void)parse_tcp_established(b, 20000); }};
  std::mt19937 random(7);
  for (const char* name :
       {"vm/stat", "vm/meminfo", "vm/loadavg", "vm/net/dev", "vm/diskstats", "vm/pressure/cpu",
        "vm/4242/stat", "vm/4242/statm", "vm/4242/io", "vm/net/tcp", "vm/net/tcp6"}) {
    const std::string whole = fixture(name);
    for (int round = 0; round < 300; ++round) {
      std::string bytes = whole.substr(0, random() % (whole.size() + 1));
      if (!bytes.empty()) bytes[random() % bytes.size()] = static_cast<char>(random());
      for (const auto& parse : parsers) parse(bytes);
    }
  }
}

}  // namespace
}  // namespace foretide::agent
