#include "balancer/io/unix_socket.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace foretide::balancer {
namespace {

constexpr mode_t kMode = 0660;

Error cannot_listen(const std::string& path, const std::string& why) {
  return {"cannot listen on unix:" + path + ": " + why};
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Descriptor new_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool bind_to(const Descriptor& socket, const std::string& path) {
  const sockaddr_un at = address_of(path);
  // The file gets the socket's mode, less the umask: it never grants more than in the end.
  return ::fchmod(socket.get(), kMode) == 0 &&
         ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

// Nobody listens there any more. A full queue (EAGAIN) is a living one's.
bool is_stale(const std::string& path) {
  const Descriptor caller = new_socket();
  const sockaddr_un at = address_of(path);
  return caller &&
         ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 &&
         errno == ECONNREFUSED;
}

Outcome remove_stale(const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? Outcome(Done{}) : cannot_listen(path, std::strerror(errno));
  }
  if (!S_ISSOCK(file.st_mode)) {
    return cannot_listen(path, "there is a file that is no socket; it is left alone");
  }
  if (!is_stale(path)) return cannot_listen(path, "another program listens there");
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return Done{};
  return cannot_listen(
      path, std::string("the socket of a dead process cannot be removed: ") + std::strerror(errno));
}

}  // namespace

UnixFile::UnixFile(std::string path) : path_(std::move(path)) {
  struct stat file {};
  if (::lstat(path_.c_str(), &file) != 0) path_.clear();
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

UnixFile& UnixFile::operator=(UnixFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void UnixFile::remove() {
  struct stat file {};
  const bool is_there = !path_.empty() && ::lstat(path_.c_str(), &file) == 0;
  if (is_there && file.st_dev == device_ && file.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

Result<Descriptor> listen_on_unix(const std::string& path, int backlog) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) {
    return cannot_listen(path,
                         "its folder " + folder + " cannot be opened: " + std::strerror(errno));
  }
  ::flock(lock.get(), LOCK_EX);
  if (const auto removed = remove_stale(path); !removed) return Error{removed.error()};
  Descriptor socket = new_socket();
  if (!socket || !bind_to(socket, path)) return cannot_listen(path, std::strerror(errno));
  UnixFile made(path);  // removed again if it comes to nothing
  if (::chmod(path.c_str(), kMode) != 0 || ::listen(socket.get(), backlog) != 0) {
    return cannot_listen(path, std::strerror(errno));
  }
  made.leave();
  return socket;
}

}  // namespace foretide::balancer
