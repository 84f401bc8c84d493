#include "coordinator/io/state_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/io/atomic_file.hpp"

namespace foretide::coordinator {
namespace {

Error trouble(const std::string& path, const char* doing) {
  std::string text = path + ": " + doing + ": " + std::strerror(errno);
  if (errno == EACCES || errno == EPERM || errno == EROFS)
    text += " (choose another place with --state, or run as the user who owns it)";
  return Error{std::move(text)};
}

Outcome make_folder(const std::string& path) {
  std::error_code problem;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, problem);
  if (::mkdir(path.c_str(), 0700) == 0) return Done{};
  const int refused = errno;
  if (refused == EEXIST && std::filesystem::is_directory(path, problem)) return Done{};
  errno = refused;
  return trouble(path, "cannot make the state directory");
}

std::string holder_in(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "unknown";
}

}  // namespace

Result<StateDir> StateDir::take(const std::string& path) {
  if (Outcome made = make_folder(path); !made) return Error{made.error()};
  const std::string lock_path = path + "/lock";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return trouble(lock_path, "cannot open");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = holder_in(fd);
    ::close(fd);
    return Error{path + ": another coordinator (pid " + holder +
                 ") uses this state directory; stop it, or choose another directory with --state"};
  }
  const std::string pid = std::to_string(::getpid());
  const bool told = ::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) > 0;
  StateDir taken(path, fd);
  if (!told) return trouble(lock_path, "cannot write");
  return taken;
}

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      announced_(std::exchange(other.announced_, false)) {}

StateDir::~StateDir() {
  if (announced_) ::unlink(file("coordinator.json").c_str());
  if (lock_ >= 0) ::close(lock_);
}

Outcome StateDir::announce(const Whereabouts& whereabouts) {
  const nlohmann::ordered_json json = {{"pid", ::getpid()},
                                       {"admin", whereabouts.admin.text()},
                                       {"control", whereabouts.control.text()},
                                       {"telemetry", whereabouts.telemetry.text()},
                                       {"public_key", whereabouts.public_key}};
  Outcome written = write_file(file("coordinator.json"), json.dump(2) + "\n");
  announced_ = static_cast<bool>(written);
  return written;
}

}  // namespace foretide::coordinator
