#include "agent/io/proc_reader.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "agent/proc/loadavg.hpp"
#include "agent/proc/pid_stat.hpp"
#include "agent/proc/pid_statm.hpp"
#include "agent/proc/pressure.hpp"

namespace foretide::agent {
namespace {

constexpr std::array<const char*, 8> kHostPaths = {
    "/stat",      "/meminfo",      "/loadavg",         "/net/dev",
    "/diskstats", "/pressure/cpu", "/pressure/memory", "/pressure/io"};
constexpr std::size_t kFirstBuffer = 8 * 1024;
constexpr std::size_t kFileBytesMax = 1024 * 1024;  // a longer file is read up to here
// Below this a single read has returned the whole of every file that is read here.
constexpr std::size_t kWholeInOneRead = 1024;

Descriptor open_at(const std::string& path, int flags = 0) {
  return Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
}

}  // namespace

ProcReader::ProcReader(std::string root)
    : root_(std::move(root)),
      page_bytes_(static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))),
      ticks_per_second_(static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK))),
      buffer_(kFirstBuffer) {
  static_assert(kHostPaths.size() == kHostFiles);
}

// Empty when the file is gone or cannot be read; valid until the next call.
std::string_view ProcReader::bytes_of(int file) {
  errno = 0;
  std::size_t held = 0;
  for (;;) {
    if (held == buffer_.size()) {
      if (held >= kFileBytesMax) break;
      buffer_.resize(2 * held);
    }
    const ssize_t got =
        pread(file, buffer_.data() + held, buffer_.size() - held, static_cast<off_t>(held));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    held += static_cast<std::size_t>(got);
    if (got == 0 || held < kWholeInOneRead) break;
  }
  return {buffer_.data(), held};
}

std::optional<std::string_view> ProcReader::bytes_of(Host which) {
  HostFile& file = host_files_[which];
  if (file.absent) return std::nullopt;
  if (!file.file) {
    file.file = open_at(root_ + kHostPaths[which]);
    file.absent = !file.file;
    if (file.absent) return std::nullopt;
  }
  const std::string_view bytes = bytes_of(file.file.get());
  // Pressure files exist but refuse to be read where PSI is switched off at boot.
  if (bytes.empty() && errno == EOPNOTSUPP) {
    file.absent = true;
    return std::nullopt;
  }
  return bytes;
}

template <class Value>
std::optional<Value> ProcReader::counted(Result<Value> parsed) {
  if (parsed) return std::move(*parsed);
  ++parse_errors_;
  return std::nullopt;
}

HostReading ProcReader::host() {
  HostReading reading;
  if (const auto bytes = bytes_of(kStat)) reading.cpu = counted(parse_stat(*bytes));
  if (const auto bytes = bytes_of(kMeminfo)) reading.memory = counted(parse_meminfo(*bytes));
  if (const auto bytes = bytes_of(kLoadavg)) reading.load_1m = counted(parse_loadavg(*bytes));
  if (const auto bytes = bytes_of(kNetDev)) reading.network = counted(parse_net_dev(*bytes));
  if (const auto bytes = bytes_of(kDiskstats)) reading.disks = counted(parse_diskstats(*bytes));
  if (const auto bytes = bytes_of(kPressureCpu)) {
    reading.cpu_pressure = counted(parse_pressure(*bytes));
  }
  if (const auto bytes = bytes_of(kPressureMemory)) {
    reading.memory_pressure = counted(parse_pressure(*bytes));
  }
  if (const auto bytes = bytes_of(kPressureIo))
    reading.io_pressure = counted(parse_pressure(*bytes));
  return reading;
}

ProcReader::WorkerFiles ProcReader::open_files_of(std::int64_t pid) {
  const std::string folder = root_ + "/" + std::to_string(pid);
  WorkerFiles files;
  files.stat = open_at(folder + "/stat");
  files.statm = open_at(folder + "/statm");
  files.io = open_at(folder + "/io");
  files.fds = open_at(folder + "/fd", O_DIRECTORY);
  return files;
}

WorkerReading ProcReader::worker(std::int64_t pid, Instant now) {
  WorkerReading reading;
  reading.at = now;
  reading.ticks_per_second = ticks_per_second_;
  auto found = workers_.find(pid);
  if (found == workers_.end()) found = workers_.emplace(pid, open_files_of(pid)).first;
  const WorkerFiles& files = found->second;
  const auto stat = files.stat ? counted(parse_pid_stat(bytes_of(files.stat.get()))) : std::nullopt;
  if (!files.stat) ++parse_errors_;
  if (!stat) {
    workers_.erase(found);  // gone; another look may open what is there by then
    return reading;
  }
  reading.start_ticks = stat->start_ticks;
  reading.cpu_ticks = stat->cpu_ticks;
  reading.threads = stat->threads;
  if (files.statm) {
    const auto pages = counted(parse_pid_statm_resident_pages(bytes_of(files.statm.get())));
    if (pages) reading.resident_bytes = *pages * page_bytes_;
  }
  if (files.io) {
    const std::string_view bytes = bytes_of(files.io.get());
    const bool is_hidden = bytes.empty() && (errno == EACCES || errno == EPERM);
    if (!is_hidden) reading.io = counted(parse_pid_io(bytes));
  }
  if (files.fds) reading.open_files = count_entries(files.fds.get());
  return reading;
}

// glibc's readdir wants 32 KiB for each open directory; this wants none.
std::optional<std::uint32_t> ProcReader::count_entries(int directory) {
  struct Entry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t size;
    std::uint8_t type;
    char name[1];
  };
  if (lseek(directory, 0, SEEK_SET) != 0) return std::nullopt;
  std::uint32_t count = 0;
  for (;;) {
    const long got = syscall(SYS_getdents64, directory, buffer_.data(), buffer_.size());
    if (got < 0) {
      ++parse_errors_;
      return std::nullopt;
    }
    if (got == 0) return count;
    for (long at = 0; at < got;) {
      std::uint16_t size = 0;
      std::memcpy(&size, buffer_.data() + at + offsetof(Entry, size), sizeof size);
      const char* const name = buffer_.data() + at + offsetof(Entry, name);
      const bool is_dots = name[0] == '.';
      count += is_dots ? 0 : 1;
      at += size;
    }
  }
}

void ProcReader::keep_only(const std::vector<std::int64_t>& pids) {
  std::erase_if(workers_, [&](const auto& entry) {
    return std::find(pids.begin(), pids.end(), entry.first) == pids.end();
  });
}

}  // namespace foretide::agent
