#include "deploy/cli/guarded_run.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "deploy/cli/process_tree.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

constexpr std::chrono::milliseconds kGrace{5'000};  // for workers, after everything else has ended
constexpr const char* kOthers = "/remove-too";      // files that go with the directory, one a line

// Whatever a terminal sends to end a program; a core of this one would tell nobody anything.
constexpr std::array<int, 4> kEndSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

std::atomic<bool> asked_to_end{false};
std::atomic<pid_t> inner{0};

void note_end(int) {
  asked_to_end = true;
}

void pass_on(int number) {
  if (inner > 0) ::kill(inner, number == SIGHUP ? SIGTERM : number);
}

void on_end_signals(void (*action)(int)) {
  struct sigaction how {};
  how.sa_handler = action;
  for (int number : kEndSignals) ::sigaction(number, &how, nullptr);
}

void remove_all(const std::string& dir) {
  std::error_code ignored;
  std::ifstream others(dir + kOthers);
  for (std::string file; std::getline(others, file);) std::filesystem::remove(file, ignored);
  std::filesystem::remove_all(dir, ignored);
}

std::string fresh_dir() {
  std::error_code error;
  std::filesystem::path base = std::filesystem::temp_directory_path(error);
  if (error) base = "/tmp";
  std::string pattern = (base / "foretide-XXXXXX").string();
  return ::mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
}

[[noreturn]] void work(pid_t waiter, const std::string& dir,
                       const std::function<int(const GuardedPlace&)>& body) {
  on_end_signals(note_end);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != waiter) asked_to_end = true;
  adopt_orphans();
  const int code = body(GuardedPlace(dir));
  end_descendants(kGrace);
  remove_all(dir);
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

bool GuardedPlace::end_asked() {
  return asked_to_end;
}

void GuardedPlace::also_remove(const std::string& file) const {
  std::ofstream(dir_ + kOthers, std::ios::app) << file << "\n";
}

int run_guarded(const std::function<int(const GuardedPlace&)>& body) {
  const std::string dir = fresh_dir();
  if (dir.empty()) {
    std::fprintf(stderr, "foretide: cannot make a temporary directory: %s\n", std::strerror(errno));
    return kFailed;
  }
  std::fflush(nullptr);
  // Inherited as ignored, it would have the kernel reap our children before we ask how they ended.
  std::signal(SIGCHLD, SIG_DFL);
  adopt_orphans();
  // Signals that come between fork and handler wait until both processes are ready for them.
  sigset_t ours, before;
  sigemptyset(&ours);
  for (int number : kEndSignals) sigaddset(&ours, number);
  ::sigprocmask(SIG_BLOCK, &ours, &before);
  const pid_t waiter = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    on_end_signals(note_end);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    work(waiter, dir, body);
  }
  if (pid < 0) {
    std::fprintf(stderr, "foretide: cannot fork: %s\n", std::strerror(errno));
    remove_all(dir);
    return kFailed;
  }
  inner = pid;
  on_end_signals(pass_on);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  inner = 0;
  end_descendants(kGrace);
  remove_all(dir);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

}  // namespace foretide::cli
