#include "common/io/memory_limit.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace foretide {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

// A file system in which a machine of 4 GiB tells of itself.
class MemoryLimit : public testing::Test {
 protected:
  MemoryLimit() {
    std::string name = (std::filesystem::temp_directory_path() / "memory_XXXXXX").string();
    root_ = std::string(::mkdtemp(name.data())) + "/";
    write("proc/meminfo", "MemTotal:        4194304 kB\nMemFree:          123456 kB\n");
  }
  ~MemoryLimit() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path whole = root_ + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  void in_groups(const std::string& lines) const { write("proc/self/cgroup", lines); }
  std::uint64_t limit() const { return memory_limit_bytes(root_); }

 private:
  std::string root_;
};

TEST_F(MemoryLimit, IsTheMachinesWhereNoGroupSaysLess) {
  EXPECT_EQ(limit(), 4 * kGiB);
  in_groups("0::/a\n");
  EXPECT_EQ(limit(), 4 * kGiB);
  write("sys/fs/cgroup/a/memory.max", "max\n");
  EXPECT_EQ(limit(), 4 * kGiB);
  write("sys/fs/cgroup/a/memory.max", "8589934592\n");
  EXPECT_EQ(limit(), 4 * kGiB);
}

TEST_F(MemoryLimit, IsTheLeastOfAllGroupsItIsIn) {
  in_groups("0::/system.slice/balancer.service\n");
  write("sys/fs/cgroup/system.slice/balancer.service/memory.max", "2147483648\n");
  EXPECT_EQ(limit(), 2 * kGiB);
  write("sys/fs/cgroup/system.slice/memory.max", "1073741824\n");
  EXPECT_EQ(limit(), 1 * kGiB);
}

TEST_F(MemoryLimit, IsThatOfVersion1) {
  in_groups("5:cpu,cpuacct:/b\n4:memory:/a/b\n1:name=systemd:/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/b/memory.limit_in_bytes", "1\n");  // not its own
  EXPECT_EQ(limit(), 4 * kGiB);
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1073741824\n");
  EXPECT_EQ(limit(), 1 * kGiB);
}

// There the path is the host's, and the root of what is mounted the container's own.
TEST_F(MemoryLimit, IsThatOfAContainer) {
  in_groups("4:memory:/docker/0123\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  EXPECT_EQ(limit(), kGiB / 2);
}

TEST_F(MemoryLimit, IsNotReadOutOfGarbage) {
  in_groups("\nmemory\n4:memory\n4:memory:\n::\n0::a/../..\n");
  write("sys/fs/cgroup/memory.max", "much\n");
  EXPECT_EQ(limit(), 4 * kGiB);
  write("proc/meminfo", "MemTotal:\n");
  EXPECT_GT(limit(), 4 * kGiB);
}

TEST(MemoryLimitHere, IsSomething) {
  EXPECT_GT(memory_limit_bytes(), std::uint64_t{16} << 20);
}

}  // namespace
}  // namespace foretide
