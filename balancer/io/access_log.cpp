#include "balancer/io/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <utility>

#include "common/io/clock.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr std::chrono::seconds kComplainAgain{10};
constexpr std::size_t kLinesMax = 256 * 1024;  // bytes in one writing
constexpr mode_t kMode = 0640;

}  // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(Settings settings) {
  if (settings.format == AccessFormat::kOff) return std::unique_ptr<AccessLog>();
  std::unique_ptr<AccessLog> log(new AccessLog(std::move(settings)));
  if (const auto opened = log->open_file(); !opened) return Error{opened.error()};
  log->thread_ = std::thread([it = log.get()] { it->run(); });
  return log;
}

AccessLog::AccessLog(Settings settings) : settings_(std::move(settings)) {
  for (std::uint32_t i = 0; i < settings_.threads; ++i) {
    rings_.push_back(std::make_unique<AccessRing>());
  }
}

AccessLog::~AccessLog() {
  const std::uint64_t lost_before = lost_;
  give_up_at_ = monotonic_now() + kLastWait;
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  if (const auto lost = lost_ - lost_before; lost > 0) {
    spdlog::error("the access log ends: {} lines of it could not be written to {}", lost,
                  settings_.file == "-" ? "standard output" : settings_.file);
  }
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Outcome AccessLog::open_file() {
  if (settings_.file == "-") {
    fd_ = STDOUT_FILENO;
    note_kind();
    return Done{};
  }
  // Of a pipe without a reader it would else wait for one.
  const int fd = ::open(settings_.file.c_str(),
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode);
  if (fd < 0) {
    return Error{"observe.access_log: " + settings_.file + " cannot be opened: " +
                 (errno == ENXIO ? "nobody reads this pipe" : std::strerror(errno))};
  }
  if (fd_ > STDERR_FILENO) ::close(fd_);
  fd_ = fd;
  note_kind();
  return Done{};
}

void AccessLog::note_kind() {
  struct stat kind {};
  always_takes_ = ::fstat(fd_, &kind) == 0 && S_ISREG(kind.st_mode);
}

void AccessLog::run() {
  for (;;) {
    const bool last = ending_;
    if (reopen_.exchange(false) || fd_ < 0) {
      if (const auto opened = open_file(); !opened) complain(opened.error());
    }
    more_ = false;
    write_some();
    if (more_) continue;
    if (last) return;
    std::this_thread::sleep_for(kPause);
  }
}

// A batch of each in turn, so that a busy one does not keep the others, or an order to reopen, from
// being looked at.
void AccessLog::write_some() {
  for (auto& ring : rings_) {
    AccessRecord record;
    lines_.clear();
    while (lines_.size() < kLinesMax && ring->take(record, texts_)) {
      append_access_line(record, settings_.format, lines_);
    }
    more_ = more_ || lines_.size() >= kLinesMax;
    write_lines();
  }
}

void AccessLog::write_lines() {
  for (std::string_view rest = lines_; !rest.empty();) {
    if (!always_takes_ && !await_room()) return lose(rest);
    // Where there is room in a pipe there is room for that much, and no writing waits.
    const std::size_t most = always_takes_ ? rest.size() : PIPE_BUF;
    const auto size = ::write(fd_, rest.data(), std::min(rest.size(), most));
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) {
      complain(settings_.file + " cannot be written: " + std::strerror(errno));
      return lose(rest);
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
}

// False: the time to wait for a reader is over. Standard output may be other programs' too, so it
// is not made non-blocking.
bool AccessLog::await_room() const {
  for (;;) {
    if (ending_ && monotonic_now() >= give_up_at_) return false;
    pollfd poll{fd_, POLLOUT, 0};
    const int found = ::poll(&poll, 1, static_cast<int>(kPause.count()));
    if (found > 0 || (found < 0 && errno != EINTR)) return true;  // what is wrong, writing tells
  }
}

void AccessLog::lose(std::string_view lines) {
  lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

void AccessLog::complain(const std::string& what) {
  const Instant now = monotonic_now();
  if (complained_ != Instant{} && now - complained_ < kComplainAgain) return;
  complained_ = now;
  spdlog::error("the access log loses lines: {}", what);
}

std::uint64_t AccessLog::dropped() const {
  std::uint64_t total = lost_.load();
  for (const auto& ring : rings_) total += ring->dropped();
  return total;
}

}  // namespace foretide::balancer
