#include "balancer/io/program_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "common/io/descriptor.hpp"

extern char** environ;

namespace foretide::balancer {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr std::string_view kPid = "LISTEN_PID=";
constexpr std::size_t kPidDigitsMax = 10;

Result<std::string> path_of(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    std::string file = std::string(rest.substr(0, end)) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Error{name + ": not found in PATH"};
}

std::vector<std::string> environment_of(const ProgramStart& start) {
  std::vector<std::string> lines = start.environment;
  const auto is_given = [&](std::string_view line) {
    const auto name = line.substr(0, line.find('=') + 1);
    return std::any_of(start.environment.begin(), start.environment.end(),
                       [&](const std::string& given) { return given.starts_with(name); });
  };
  for (char** line = environ; *line != nullptr; ++line) {
    if (!is_given(*line)) lines.emplace_back(*line);
  }
  lines.push_back("LISTEN_FDS=" + std::to_string(start.sockets.size()));
  lines.push_back(std::string(kPid) + std::string(kPidDigitsMax, '\0'));
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Everything that the child needs, in memory that is there before it is.
struct Prepared {
  std::string path;
  std::vector<char*> argv, environment;
  char* pid_digits = nullptr;
  std::vector<Descriptor> copies;  // all above the places that they are to have
};

void write_number(char* to, unsigned number) {
  std::array<char, kPidDigitsMax> digits{};
  std::size_t size = 0;
  do {
    digits[size++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (size > 0) *to++ = digits[--size];
}

// In the child, which shares nothing with us any more but must not allocate or lock.
[[noreturn]] void become(const Prepared& program) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGPIPE) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int place = kFirst;
  for (const auto& copy : program.copies) ::dup2(copy.get(), place++);
  ::close_range(static_cast<unsigned>(place), ~0U, 0);
  write_number(program.pid_digits, static_cast<unsigned>(::getpid()));
  ::execve(program.path.c_str(), program.argv.data(), program.environment.data());
  constexpr std::string_view kFailed = "the program file cannot be executed\n";
  [[maybe_unused]] const auto written = ::write(2, kFailed.data(), kFailed.size());
  ::_exit(127);
}

Outcome copy_descriptors(const ProgramStart& start, Prepared& prepared) {
  std::vector<int> all = start.sockets;
  all.insert(all.end(), start.others.begin(), start.others.end());
  const int above = kFirst + static_cast<int>(all.size());
  for (const int fd : all) {
    prepared.copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
    if (!prepared.copies.back()) {
      return Error{std::string("the sockets cannot be copied: ") + std::strerror(errno)};
    }
  }
  return Done{};
}

}  // namespace

Result<pid_t> start_program(const ProgramStart& start) {
  auto path = path_of(start.argv.front());
  if (!path) return Error{path.error()};
  auto argv = start.argv;
  auto environment = environment_of(start);
  Prepared prepared{.path = std::move(*path),
                    .argv = pointers_to(argv),
                    .environment = pointers_to(environment),
                    .pid_digits = environment.back().data() + kPid.size(),
                    .copies = {}};
  if (const auto copied = copy_descriptors(start, prepared); !copied) {
    return Error{copied.error()};
  }
  // A signal that the child got before it is another program would be taken for ours.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become(prepared);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return Error{std::string("cannot fork: ") + std::strerror(error)};
  return pid;
}

}  // namespace foretide::balancer
