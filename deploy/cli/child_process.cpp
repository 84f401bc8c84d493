#include "deploy/cli/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <utility>

namespace foretide {

namespace {

int status_from(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

// Runs in the child; only async-signal-safe calls and what was prepared before the fork.
[[noreturn]] void become(const ChildSettings& settings, char* const* argv, int error_pipe,
                         pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent ended before the line above
  if (!settings.output_file.empty()) {
    const int out =
        open(settings.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out >= 0) {
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
    }
  }
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (settings.workdir.empty() || chdir(settings.workdir.c_str()) == 0) execvp(argv[0], argv);
  const int error = errno;
  [[maybe_unused]] const auto written = write(error_pipe, &error, sizeof error);
  _exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildSettings& settings) {
  std::vector<char*> argv;
  for (const auto& word : settings.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);

  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0) return Error{std::string("pipe: ") + std::strerror(errno)};
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    for (const auto& [name, value] : settings.env) setenv(name.c_str(), value.c_str(), 1);
    become(settings, argv.data(), error_pipe[1], parent);
  }
  close(error_pipe[1]);
  int error = pid < 0 ? errno : 0;
  if (pid > 0 && read(error_pipe[0], &error, sizeof error) == sizeof error) {
    waitpid(pid, nullptr, 0);
  }
  close(error_pipe[0]);
  if (error != 0) return Error{settings.argv.front() + ": " + std::strerror(error)};
  return ChildProcess(pid, static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    release();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::exchange(other.pidfd_, -1);
    status_ = other.status_;
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  release();
}

void ChildProcess::release() {
  if (pid_ > 0 && running()) {
    signal(SIGKILL);
    int wait_status = 0;
    waitpid(pid_, &wait_status, 0);
  }
  if (pidfd_ >= 0) close(pidfd_);
  pid_ = pidfd_ = -1;
}

bool ChildProcess::running() {
  return !wait(std::chrono::milliseconds(0));
}

void ChildProcess::signal(int number) {
  // Not reaped yet, so the pid is still this child's.
  if (!status_ && pid_ > 0) kill(pid_, number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  if (status_ || pid_ <= 0) return status_;
  pollfd ended{pidfd_, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const int ready = poll(&ended, 1, std::max<int>(0, static_cast<int>(left.count())));
    if (ready == 0) return std::nullopt;
    if (ready > 0) break;
  }
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, 0) == pid_) status_ = status_from(wait_status);
  return status_;
}

int ChildProcess::stop(std::chrono::milliseconds grace) {
  signal(SIGTERM);
  if (const auto status = wait(grace)) return *status;
  signal(SIGKILL);
  return wait(std::chrono::seconds(10)).value_or(128 + SIGKILL);
}

std::string last_lines(const std::string& file, std::size_t count) {
  std::ifstream in(file);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > count) lines.pop_front();
  }
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace foretide
