#include "agent/core/sample.hpp"

#include <gtest/gtest.h>

namespace foretide::agent {
namespace {

using std::chrono::milliseconds;

WorkerReading reading_at(int ms, std::uint64_t cpu_ticks, std::uint64_t start_ticks = 9) {
  WorkerReading reading;
  reading.at = Instant(milliseconds(ms));
  reading.cpu_ticks = cpu_ticks;
  reading.start_ticks = start_ticks;
  return reading;
}

TEST(HostSample, UsageIsTheBusyShareOfTheInterval) {
  HostReading before, now;
  before.cpu = CpuTimes{100, 1000};
  now.cpu = CpuTimes{150, 1200};
  EXPECT_DOUBLE_EQ(*host_sample_for(before, now).cpu_usage, 0.25);
}

TEST(HostSample, MissingStaysMissing) {
  const wire::HostSample sample = host_sample_for(HostReading{}, HostReading{});
  EXPECT_EQ(sample, wire::HostSample{});
  HostReading now;
  now.cpu = CpuTimes{1, 2};
  EXPECT_EQ(host_sample_for(std::nullopt, now).cpu_usage, std::nullopt);
  EXPECT_EQ(host_sample_for(now, now).cpu_usage, std::nullopt);  // no time went by
  HostReading later = now;
  later.cpu = CpuTimes{0, 5};
  EXPECT_EQ(host_sample_for(now, later).cpu_usage, std::nullopt);  // a counter went backwards
}

TEST(HostSample, CarriesCountersAsTheyAre) {
  HostReading now;
  now.memory = Memory{10, 4};
  now.network = NetworkBytes{1, 2};
  now.disks = DiskBytes{3, 4};
  now.io_pressure = 0.5;
  const wire::HostSample sample = host_sample_for(std::nullopt, now);
  EXPECT_EQ(sample.memory_available_bytes, 4U);
  EXPECT_EQ(sample.net_sent_bytes, 2U);
  EXPECT_EQ(sample.disk_read_bytes, 3U);
  EXPECT_EQ(sample.io_pressure, 0.5);
  EXPECT_EQ(sample.cpu_pressure, std::nullopt);
}

TEST(WorkerSample, CoresAreTicksOverTimePassed) {
  const auto sample = worker_sample_for({"a"}, reading_at(0, 100), reading_at(2000, 400));
  EXPECT_DOUBLE_EQ(*sample.cpu_cores, 1.5);
}

TEST(WorkerSample, AnotherProcessUnderTheSamePidHasNoRateYet) {
  EXPECT_EQ(worker_sample_for({"a"}, reading_at(0, 1, 9), reading_at(1000, 50, 10)).cpu_cores,
            std::nullopt);
  EXPECT_EQ(worker_sample_for({"a"}, reading_at(0, 100), reading_at(1000, 50)).cpu_cores,
            std::nullopt);
  EXPECT_EQ(worker_sample_for({"a"}, std::nullopt, reading_at(1000, 50)).cpu_cores, std::nullopt);
  EXPECT_EQ(worker_sample_for({"a"}, reading_at(5, 1), reading_at(5, 2)).cpu_cores, std::nullopt);
}

}  // namespace
}  // namespace foretide::agent
