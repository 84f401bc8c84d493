#include "agent/proc/diskstats.hpp"

#include <algorithm>
#include <array>

#include "agent/proc/text.hpp"

namespace foretide::agent {
namespace {

constexpr std::uint64_t kSectorBytes = 512;  // whatever the disk's own sector is

bool lies_above_others(std::string_view device) {
  constexpr std::array<std::string_view, 6> kLayers = {"loop", "ram", "zram", "dm-", "md", "sr"};
  return std::any_of(kLayers.begin(), kLayers.end(),
                     [&](std::string_view layer) { return device.starts_with(layer); });
}

// "sda1" of "sda", "nvme0n1p2" of "nvme0n1". The kernel lists a disk before its partitions.
bool is_partition_of(std::string_view device, std::string_view disk) {
  if (disk.empty() || device.size() <= disk.size() || !device.starts_with(disk)) return false;
  std::string_view number = device.substr(disk.size());
  const bool ends_in_digit = disk.back() >= '0' && disk.back() <= '9';
  if (ends_in_digit) {
    if (number.front() != 'p') return false;
    number.remove_prefix(1);
  }
  return number_in<std::uint32_t>(number).has_value();
}

}  // namespace

Result<DiskBytes> parse_diskstats(std::string_view bytes) {
  DiskBytes sum;
  std::string_view disk;
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    std::string_view rest = line;
    take_word(rest);  // major
    take_word(rest);  // minor
    const std::string_view device = take_word(rest);
    take_word(rest);  // reads completed
    take_word(rest);  // reads merged
    const auto sectors_read = take_number<std::uint64_t>(rest);
    take_word(rest);  // ms reading
    take_word(rest);  // writes completed
    take_word(rest);  // writes merged
    const auto sectors_written = take_number<std::uint64_t>(rest);
    if (!sectors_read || !sectors_written)
      return bad_line("diskstats", line, "at least ten fields");
    if (lies_above_others(device) || is_partition_of(device, disk)) continue;
    disk = device;
    sum.read += *sectors_read * kSectorBytes;
    sum.written += *sectors_written * kSectorBytes;
  }
  return sum;
}

}  // namespace foretide::agent
