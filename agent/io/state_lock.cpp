#include "agent/io/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "agent/io/proc_tree.hpp"

namespace foretide::agent {

Result<Descriptor> lock_state(const std::string& state) {
  std::error_code error;
  std::filesystem::create_directories(state, error);
  if (error) return Error{"cannot make the state folder " + state + ": " + error.message()};
  const std::string path = state + "/agent.lock";
  Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!lock) return Error{"cannot open " + path + ": " + std::strerror(errno)};
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const Result<std::string> holder = read_text(path, 64);
    const bool known = holder && !holder->empty();
    return Error{"another foretide-agent" + (known ? " (pid " + *holder + ")" : "") +
                 " already runs on " + state + "; give this one a `state:` of its own"};
  }
  const std::string pid = std::to_string(getpid());
  // For the sentence above only: a full disk keeps nobody from starting.
  if (ftruncate(lock.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(lock.get(), pid.data(), pid.size(), 0);
  }
  return lock;
}

}  // namespace foretide::agent
