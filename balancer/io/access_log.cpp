#include "balancer/io/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
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
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Outcome AccessLog::open_file() {
  if (settings_.file == "-") {
    fd_ = STDOUT_FILENO;
    return Done{};
  }
  const int fd =
      ::open(settings_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode);
  if (fd < 0) {
    return Error{"observe.access_log: " + settings_.file +
                 " cannot be opened: " + std::strerror(errno)};
  }
  if (fd_ > STDERR_FILENO) ::close(fd_);
  fd_ = fd;
  return Done{};
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
    std::uint64_t count = 0;
    while (lines_.size() < kLinesMax && ring->take(record, texts_)) {
      append_access_line(record, settings_.format, lines_);
      ++count;
    }
    more_ = more_ || lines_.size() >= kLinesMax;
    if (!write_lines()) lost_ += count;
  }
}

bool AccessLog::write_lines() {
  for (std::string_view rest = lines_; !rest.empty();) {
    const auto size = ::write(fd_, rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      complain(settings_.file + " cannot be written: " + std::strerror(errno));
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
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
