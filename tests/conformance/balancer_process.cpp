#include "tests/conformance/balancer_process.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace foretide::conformance {
namespace {

constexpr int kStartMostMs = 20000;
constexpr std::string_view kServing = "serving on 127.0.0.1:";

}  // namespace

BalancerProcess::BalancerProcess(const std::string& program, std::uint16_t upstream_port,
                                 const std::string& half_closed) {
  folder_ = (std::filesystem::temp_directory_path() / "foretide-conformance-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("cannot make " + folder_);
  write_config(upstream_port, half_closed);

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  std::string name = program, standalone = "--standalone", config = "--config";
  std::string file = folder_ + "/cluster.yaml";
  const std::array<char*, 5> argv{name.data(), standalone.data(), config.data(), file.data(),
                                  nullptr};
  const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  log_ = ends[0];
  if (error != 0) throw std::runtime_error("cannot start " + program);
  read_port(log_);
}

BalancerProcess::~BalancerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(log_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool BalancerProcess::has_ended() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

void BalancerProcess::write_config(std::uint16_t upstream_port, const std::string& half_closed) {
  std::ofstream(folder_ + "/cluster.yaml")
      << "version: 1\nlisten: {traffic: [\"127.0.0.1:0\"], balancer_admin: \"127.0.0.1:0\", "
      << "half_closed: " << half_closed << "}\n"
      << "services:\n  web: {upstreams: [\"127.0.0.1:" << upstream_port << "\"]}\n";
}

// The log stays open afterwards and holds what it says; a pipe takes 64 KiB, and it says little.
void BalancerProcess::read_port(int log) {
  std::string said;
  for (;;) {
    const auto at = said.find(kServing);
    if (at != std::string::npos && said.find('\n', at) != std::string::npos) {
      const char* const digits = said.data() + at + kServing.size();
      std::from_chars(digits, said.data() + said.size(), port_);
      return;
    }
    pollfd one{log, POLLIN, 0};
    std::array<char, 4096> block;
    const bool came = poll(&one, 1, kStartMostMs) > 0;
    const auto size = came ? read(log, block.data(), block.size()) : 0;
    if (size <= 0) {
      const bool over = has_ended();
      throw std::runtime_error("the balancer does not start" +
                               std::string(over ? "" : " (still running)") + ": " + said);
    }
    said.append(block.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace foretide::conformance
