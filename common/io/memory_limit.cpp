#include "common/io/memory_limit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string_view>

namespace foretide {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

// The number at the beginning of `text`; without one, as in "max", no limit.
std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = kUnlimited;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t limit_in(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? number_in(line) : kUnlimited;
}

// Of the group and of all above it. In a container a group's path may be that of the host, of which
// only the root is to be seen here.
std::uint64_t limit_of_group(const std::string& mount, std::string path, const std::string& file) {
  std::uint64_t limit = limit_in(mount + "/" + file);
  while (path.size() > 1) {
    limit = std::min(limit, limit_in(mount + path + "/" + file));
    path.erase(path.rfind('/'));
  }
  return limit;
}

std::uint64_t physical_bytes(const std::string& root) {
  constexpr std::string_view kTotal = "MemTotal:";
  std::ifstream file(root + "proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kTotal)) continue;
    const auto at = line.find_first_not_of(' ', kTotal.size());
    if (at == std::string::npos) break;
    const auto kilobytes = number_in(std::string_view(line).substr(at));
    return kilobytes > kUnlimited / 1024 ? kUnlimited : kilobytes * 1024;
  }
  return kUnlimited;
}

// "4:memory:/a/b" or, of version 2, "0::/a/b".
std::uint64_t limit_by_line(const std::string& root, const std::string& line) {
  const auto first = line.find(':');
  const auto second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return kUnlimited;
  const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
  const std::string path = line.substr(second + 1), mount = root + "sys/fs/cgroup";
  if (!path.starts_with('/')) return kUnlimited;
  if (controllers == ",,") return limit_of_group(mount, path, "memory.max");
  if (controllers.find(",memory,") == std::string::npos) return kUnlimited;
  return limit_of_group(mount + "/memory", path, "memory.limit_in_bytes");
}

}  // namespace

std::uint64_t memory_limit_bytes(const std::string& root) {
  std::uint64_t limit = physical_bytes(root);
  std::ifstream groups(root + "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    limit = std::min(limit, limit_by_line(root, line));
  }
  return limit;
}

}  // namespace foretide
