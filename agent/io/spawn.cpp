#include "agent/io/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <vector>

#include "common/io/clock.hpp"

namespace foretide::agent {
namespace {

enum class Step : int { kDescriptors, kUser, kWorkdir, kExec };

// Sent through the pipe as it is. `candidate` is the path that the errno belongs to, and `barred`
// how much of it may not be entered (all of it: the file itself may not be executed).
struct Failure {
  Step step;
  int error;
  int candidate;
  int barred;
};

// Everything that the child needs, made before the fork: nothing may be allocated after it.
struct Prepared {
  std::vector<char*> argv, env;
  std::vector<const char*> candidates;
  const char* workdir = nullptr;
  const RunAs* run_as = nullptr;
  const rlimit* descriptors = nullptr;
  int input = -1, output = -1, report = -1;
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void give_up(const Prepared& prepared, Failure failure) {
  [[maybe_unused]] const ssize_t sent = write(prepared.report, &failure, sizeof failure);
  _exit(127);
}

// The length of the first folder on the way that this user may not enter; 0: none.
int barred_length(const char* path) {
  char folder[PATH_MAX];
  const std::size_t size = std::strlen(path);
  if (size >= sizeof folder) return 0;
  for (std::size_t end = 1; end < size; ++end) {
    if (path[end] != '/') continue;
    std::memcpy(folder, path, end);
    folder[end] = '\0';
    if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0 && errno == EACCES) {
      return static_cast<int>(end);
    }
  }
  return 0;
}

void reset_signals() {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &by_default, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool become(const RunAs& user) {
  return setgroups(user.groups.size(), user.groups.data()) == 0 &&
         setresgid(user.group, user.group, user.group) == 0 &&
         setresuid(user.user, user.user, user.user) == 0;
}

// Tries each candidate as execvp does: one that may not be executed is remembered, one that is not
// there is passed over.
void exec_first(const Prepared& prepared, Failure& failure) {
  failure = {Step::kExec, ENOENT, 0, 0};
  for (std::size_t i = 0; i < prepared.candidates.size(); ++i) {
    execve(prepared.candidates[i], prepared.argv.data(), prepared.env.data());
    const bool is_absent = errno == ENOENT || errno == ENOTDIR;
    if (is_absent && prepared.candidates.size() > 1) continue;
    failure = {Step::kExec, errno, static_cast<int>(i), 0};
    if (errno != EACCES) return;
    failure.barred = barred_length(prepared.candidates[i]);
  }
}

[[noreturn]] void child(const Prepared& prepared) {
  setsid();
  reset_signals();
  umask(022);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (prepared.descriptors != nullptr) setrlimit(RLIMIT_NOFILE, prepared.descriptors);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const bool connected = dup2(prepared.input, 0) >= 0 && dup2(prepared.output, 1) >= 0 &&
                         dup2(prepared.output, 2) >= 0;
  if (!connected) give_up(prepared, {Step::kDescriptors, errno, 0, 0});
  // The report's end of the pipe is among them: exec closes it, and that means success.
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (prepared.run_as != nullptr && !become(*prepared.run_as)) {
    give_up(prepared, {Step::kUser, errno, 0, 0});
  }
  if (prepared.workdir != nullptr && chdir(prepared.workdir) != 0) {
    const int error = errno;
    give_up(prepared,
            {Step::kWorkdir, error, 0, error == EACCES ? barred_length(prepared.workdir) : 0});
  }
  Failure failure{};
  exec_first(prepared, failure);
  give_up(prepared, failure);
}

// A relative path as the child took it: from its workdir, or from the agent's.
std::string whole_path(const std::string& path, const Launch& launch) {
  std::error_code error;
  const std::filesystem::path from = launch.workdir.empty() ? std::filesystem::current_path(error)
                                                            : std::filesystem::path(launch.workdir);
  return error ? path : (from / path).lexically_normal().string();
}

std::string barred_sentence(const Failure& failure, const std::string& path,
                            const std::string& user, const Launch& launch) {
  const std::string who = "user `" + user + "`";
  if (failure.barred > 0) {
    std::string folder =
        whole_path(path.substr(0, static_cast<std::size_t>(failure.barred)), launch);
    if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    return who + " may not enter " + folder + ", where " + whole_path(path, launch) + " lies";
  }
  return who + " may not " + (failure.step == Step::kWorkdir ? "enter " : "execute ") +
         whole_path(path, launch);
}

bool is_transient(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE ||
         error == EINTR || error == EIO || error == ETXTBSY;
}

SpawnProblem problem_for(const Failure& failure, const Launch& launch) {
  const std::string user = launch.run_as ? launch.run_as->name : std::to_string(geteuid());
  const std::string why = std::strerror(failure.error);
  const std::string& command = launch.argv.front();
  const std::string in_folder = launch.workdir.empty() ? "" : " (in " + launch.workdir + ")";
  std::string reason;
  switch (failure.step) {
    case Step::kDescriptors:
      return {"cannot connect the worker's output: " + why, false};
    case Step::kUser:
      return {"cannot become user `" + user + "`: " + why, !is_transient(failure.error)};
    case Step::kWorkdir:
      reason = failure.error == EACCES ? barred_sentence(failure, launch.workdir, user, launch)
                                       : "workdir " + launch.workdir + ": " + why;
      return {reason, !is_transient(failure.error)};
    case Step::kExec:
      break;
  }
  if (launch.candidates.empty()) return {"command not found: " + command, true};
  const std::string& path = launch.candidates[static_cast<std::size_t>(failure.candidate)];
  struct stat file {};
  if (failure.error == EACCES) {
    reason = barred_sentence(failure, path, user, launch) + in_folder;
  } else if (failure.error == ENOENT && path.starts_with('/') && stat(path.c_str(), &file) == 0) {
    reason = path + " is there, but the interpreter that it names is not";
  } else if (failure.error == ENOENT || failure.error == ENOTDIR) {
    reason = "command not found: " + command + in_folder;
  } else if (failure.error == ENOEXEC) {
    reason = path + " is not a program: it has no `#!` line, or is for another machine";
  } else {
    reason = "cannot execute " + path + in_folder + ": " + why;
  }
  return {reason, !is_transient(failure.error)};
}

std::string blocked_sentence(const Launch& launch, std::chrono::milliseconds time) {
  const std::string workdir = launch.workdir.empty() ? "" : " in " + launch.workdir;
  return "starting " + launch.argv.front() + workdir + " was blocked for " +
         std::to_string(time.count()) +
         " ms: the file system that one of them lies on does not answer";
}

// Also when its other end was closed.
bool is_readable_within(std::chrono::milliseconds time, int pipe) {
  const Instant deadline = monotonic_now() + time;
  pollfd wait{pipe, POLLIN, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - monotonic_now());
    const int ready = poll(&wait, 1, std::max(0, static_cast<int>(left.count())));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace

std::variant<Child, SpawnProblem> spawn(const Launch& launch, int output,
                                        std::chrono::milliseconds exec_time_max) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return SpawnProblem{std::string("cannot make a pipe: ") + std::strerror(errno), false};
  }
  const Descriptor outcome(ends[0]);
  Descriptor report(ends[1]);
  const Descriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Prepared prepared;
  prepared.argv = pointers_to(launch.argv);
  prepared.env = pointers_to(launch.env);
  for (const std::string& path : launch.candidates) prepared.candidates.push_back(path.c_str());
  prepared.workdir = launch.workdir.empty() ? nullptr : launch.workdir.c_str();
  prepared.run_as = launch.run_as ? &*launch.run_as : nullptr;
  prepared.descriptors = launch.descriptors ? &*launch.descriptors : nullptr;
  prepared.input = input.get();
  prepared.output = output;
  prepared.report = report.get();

  // No handler of ours may run in the child before it has put the signals back.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) child(prepared);
  const int fork_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return SpawnProblem{std::string("cannot fork: ") + std::strerror(fork_error), false};

  report = Descriptor();
  if (!is_readable_within(exec_time_max, outcome.get())) {
    kill(pid, SIGKILL);  // our own child, not reaped: nobody else can have this pid
    return SpawnProblem{blocked_sentence(launch, exec_time_max), false, pid};
  }
  Failure failure{};
  ssize_t got = 0;
  do {
    got = read(outcome.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof failure)) {
    waitpid(pid, nullptr, 0);
    return problem_for(failure, launch);
  }
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const std::string why = std::strerror(errno);
    kill(pid, SIGKILL);  // our own child, not reaped: nobody else can have this pid
    waitpid(pid, nullptr, 0);
    return SpawnProblem{"cannot watch the worker (pidfd): " + why, false};
  }
  return Child{pid, Descriptor(pidfd)};
}

}  // namespace foretide::agent
