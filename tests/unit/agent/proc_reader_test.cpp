#include "agent/io/proc_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/io/proc_tree.hpp"

namespace foretide::agent {
namespace {

const std::string kMachines = std::string(FORETIDE_FIXTURES) + "/proc/";

TEST(ProcReader, ReadsARecordedMachine) {
  ProcReader reader(kMachines + "vm");
  const HostReading host = reader.host();
  EXPECT_TRUE(host.cpu && host.memory && host.network && host.disks);
  EXPECT_EQ(host.load_1m, 1.04);
  EXPECT_EQ(host.cpu_pressure, 0.2956);
  const WorkerReading worker = reader.worker(4242, {});
  EXPECT_EQ(worker.start_ticks, 248765U);
  EXPECT_EQ(worker.resident_bytes, 444U * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(worker.open_files, 4U);
  EXPECT_EQ(worker.threads, 1U);
  EXPECT_EQ(worker.io, (PidIo{45056, 0}));
  EXPECT_EQ(reader.parse_errors(), 0U);
}

TEST(ProcReader, LeavesOutWhatASmallMachineDoesNotHave) {
  ProcReader reader(kMachines + "small");
  const HostReading host = reader.host();
  EXPECT_TRUE(host.cpu && host.memory);
  EXPECT_EQ(host.cpu_pressure, std::nullopt);
  EXPECT_EQ(reader.parse_errors(), 0U);
}

TEST(ProcReader, CountsWhatIsMalformedAndGoesOn) {
  ProcReader reader(kMachines + "malformed");
  const HostReading host = reader.host();
  EXPECT_FALSE(host.cpu || host.memory || host.load_1m || host.network || host.disks);
  EXPECT_EQ(reader.parse_errors(), 8U);
  EXPECT_EQ(reader.worker(77, {}).cpu_ticks, std::nullopt);
  const WorkerReading half = reader.worker(78, {});
  EXPECT_TRUE(half.cpu_ticks);
  EXPECT_FALSE(half.resident_bytes || half.io);
  EXPECT_EQ(reader.parse_errors(), 11U);
}

TEST(ProcReader, AProcessThatIsNotThereIsMissingAndCounted) {
  ProcReader reader(kMachines + "vm");
  EXPECT_EQ(reader.worker(9999, {}).cpu_ticks, std::nullopt);
  EXPECT_EQ(reader.parse_errors(), 1U);
}

TEST(ProcReader, ReadsThisVeryMachineAndProcess) {
  ProcReader reader;
  for (int look = 0; look < 3; ++look) {
    const HostReading host = reader.host();
    EXPECT_TRUE(host.cpu && host.memory && host.load_1m && host.network && host.disks);
    const WorkerReading self = reader.worker(getpid(), {});
    EXPECT_TRUE(self.cpu_ticks && self.resident_bytes && self.io && self.open_files);
    EXPECT_GE(*self.open_files, 3U);
  }
  EXPECT_EQ(reader.parse_errors(), 0U);
  reader.keep_only({});
}

TEST(ProcTree, AnswersFromARecordedMachine) {
  const ProcTree tree(kMachines + "vm");
  EXPECT_EQ(*tree.boot_id(), "7b0b1f4e-90c1-4b6a-9b3c-6f5d0a1c2e3d");
  EXPECT_EQ(tree.pids(), std::vector<std::int64_t>{4242});
  EXPECT_EQ(tree.has_environment(4242, "FORETIDE_WORKER_ID=web-1-1"), true);
  EXPECT_EQ(tree.has_environment(4242, "FORETIDE_WORKER_ID=web-1-11"), false);
  EXPECT_EQ(tree.has_environment(4242, "FORETIDE_WORKER_ID=web-1-"), false);
  EXPECT_EQ(tree.has_environment(1, "A=B"), std::nullopt);
  EXPECT_EQ(tree.has_socket(4242, 5150), true);
  EXPECT_EQ(tree.has_socket(4242, 515), false);
  EXPECT_EQ(tree.has_socket(1, 515), std::nullopt);
  EXPECT_EQ(*tree.established(20000), 3U);
  EXPECT_EQ(tree.listeners(20002)->size(), 1U);
}

}  // namespace
}  // namespace foretide::agent
