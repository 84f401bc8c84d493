#include "agent/io/proc_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "agent/proc/text.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::agent {
namespace {

constexpr std::size_t kSmallMax = 64 * 1024;
constexpr std::size_t kEnvironmentMax = 4 * 1024 * 1024;
// 256 KiB hold 1,700 listeners, which the kernel lists first; a host with more is beyond us.
constexpr std::size_t kListenersMax = 256 * 1024;
constexpr std::size_t kConnectionsMax = 64 * 1024 * 1024;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// The next `NAME=value` of an environment, which ends each with a zero.
std::string_view take_entry(std::string_view& rest) {
  const std::string_view entry = rest.substr(0, rest.find('\0'));
  rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
  return entry;
}

Error cannot_read(const std::string& path, int error) {
  return Error{path + ": " + std::strerror(error)};
}

}  // namespace

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  // A pipe's open would wait for a writer, and its read for his words.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return cannot_read(path, errno);
  struct stat kind {};
  if (fstat(file.get(), &kind) != 0) return cannot_read(path, errno);
  if (!S_ISREG(kind.st_mode)) return Error{path + ": is no regular file"};
  std::string text;
  std::size_t held = 0;
  while (held < bytes_max) {
    text.resize(std::min(bytes_max, std::max<std::size_t>(2 * held, 4096)));
    const ssize_t got = read(file.get(), text.data() + held, text.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, errno);
    if (got == 0) break;
    held += static_cast<std::size_t>(got);
  }
  text.resize(held);
  if (held == bytes_max) {
    const std::size_t end = text.rfind('\n');
    if (end != std::string::npos) text.resize(end + 1);
  }
  return text;
}

std::string ProcTree::path_of(std::int64_t pid, const char* file) const {
  return root_ + "/" + std::to_string(pid) + "/" + file;
}

Result<std::string> ProcTree::boot_id() const {
  Result<std::string> text = read_text(root_ + "/sys/kernel/random/boot_id", kSmallMax);
  if (!text) return text;
  std::string_view rest = *text;
  std::string id(take_line(rest));
  if (id.empty()) return Error{root_ + "/sys/kernel/random/boot_id: is empty"};
  return id;
}

std::vector<std::int64_t> ProcTree::pids() const {
  std::vector<std::int64_t> pids;
  const Directory directory(opendir(root_.c_str()));
  if (!directory) return pids;
  while (const dirent* entry = readdir(directory.get())) {
    if (const auto pid = number_in<std::int64_t>(entry->d_name)) pids.push_back(*pid);
  }
  return pids;
}

Result<PidStat> ProcTree::stat(std::int64_t pid) const {
  const Result<std::string> text = read_text(path_of(pid, "stat"), kSmallMax);
  if (!text) return Error{text.error()};
  return parse_pid_stat(*text);
}

std::optional<bool> ProcTree::has_environment(std::int64_t pid, const std::string& entry) const {
  const Result<std::string> text = read_text(path_of(pid, "environ"), kEnvironmentMax);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  while (!rest.empty()) {
    if (take_entry(rest) == entry) return true;
  }
  return false;
}

std::optional<std::string> ProcTree::environment(std::int64_t pid, const std::string& name) const {
  const Result<std::string> text = read_text(path_of(pid, "environ"), kEnvironmentMax);
  std::string_view rest = text ? std::string_view(*text) : std::string_view{};
  while (!rest.empty()) {
    const std::string_view entry = take_entry(rest);
    if (entry.starts_with(name + "=")) return std::string(entry.substr(name.size() + 1));
  }
  return std::nullopt;
}

Result<std::vector<TcpListener>> ProcTree::listeners(std::uint16_t port) const {
  std::vector<TcpListener> all;
  for (const char* file : {"/net/tcp", "/net/tcp6"}) {
    const Result<std::string> text = read_text(root_ + file, kListenersMax);
    if (!text) continue;  // a host without IPv6 has no tcp6
    Result<std::vector<TcpListener>> found = parse_tcp_listeners(*text, port);
    if (!found) return found;
    all.insert(all.end(), found->begin(), found->end());
  }
  return all;
}

Result<std::size_t> ProcTree::established(std::uint16_t port) const {
  std::size_t count = 0;
  bool any_file = false;
  for (const char* file : {"/net/tcp", "/net/tcp6"}) {
    const Result<std::string> text = read_text(root_ + file, kConnectionsMax);
    if (!text) continue;
    any_file = true;
    const Result<std::size_t> found = parse_tcp_established(*text, port);
    if (!found) return Error{found.error()};
    count += *found;
  }
  if (!any_file) return Error{root_ + "/net/tcp: cannot be read"};
  return count;
}

std::string ProcTree::output_of(std::int64_t pid) const {
  std::string target(4096, '\0');
  const ssize_t size = readlink(path_of(pid, "fd/1").c_str(), target.data(), target.size());
  target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return target;
}

std::optional<bool> ProcTree::has_socket(std::int64_t pid, std::uint64_t inode) const {
  const std::string wanted = "socket:[" + std::to_string(inode) + "]";
  const Directory directory(opendir(path_of(pid, "fd").c_str()));
  if (!directory) return std::nullopt;
  std::array<char, 64> target{};
  while (const dirent* entry = readdir(directory.get())) {
    const ssize_t size =
        readlinkat(dirfd(directory.get()), entry->d_name, target.data(), target.size());
    if (size > 0 && std::string_view(target.data(), static_cast<std::size_t>(size)) == wanted) {
      return true;
    }
  }
  return false;
}

}  // namespace foretide::agent
