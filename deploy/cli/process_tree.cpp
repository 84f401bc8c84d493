#include "deploy/cli/process_tree.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>

namespace foretide::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Parentage {
  pid_t parent = 0;
  bool dead = false;
};

// From "pid (name, which may hold anything) state parent …".
std::map<pid_t, Parentage> all_processes() {
  std::map<pid_t, Parentage> all;
  std::error_code error;
  for (std::filesystem::directory_iterator one("/proc", error), end; !error && one != end;
       one.increment(error)) {
    const std::string name = one->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(one->path() / "stat");
    std::string line;
    if (!std::getline(file, line) || line.rfind(')') == std::string::npos) continue;
    std::istringstream rest(line.substr(line.rfind(')') + 1));
    char state = 0;
    Parentage parentage;
    rest >> state >> parentage.parent;
    parentage.dead = state == 'Z' || state == 'X';
    all[static_cast<pid_t>(std::stol(name))] = parentage;
  }
  return all;
}

}  // namespace

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::vector<pid_t> descendants(const std::vector<pid_t>& spared) {
  const std::map<pid_t, Parentage> all = all_processes();
  const auto is_spared = [&](pid_t pid) {
    return std::find(spared.begin(), spared.end(), pid) != spared.end();
  };
  std::vector<pid_t> found{::getpid()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& [pid, parentage] : all) {
      if (parentage.parent != found[i] || is_spared(pid)) continue;
      if (parentage.dead) {
        // A spared child is waited for by its owner; any other zombie of ours is an orphan.
        if (i == 0) ::waitpid(pid, nullptr, WNOHANG);
        continue;
      }
      found.push_back(pid);
    }
  }
  found.erase(found.begin());
  return found;
}

void end_descendants(milliseconds grace, const std::vector<pid_t>& spared) {
  const auto deadline = steady_clock::now() + grace;
  for (pid_t pid : descendants(spared)) ::kill(pid, SIGTERM);
  for (;;) {
    const std::vector<pid_t> left = descendants(spared);
    if (left.empty()) return;
    if (steady_clock::now() >= deadline) {
      for (pid_t pid : left) ::kill(pid, SIGKILL);
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
}

}  // namespace foretide::cli
