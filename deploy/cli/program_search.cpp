#include "deploy/cli/program_search.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace foretide::cli {
namespace {

// 0, or the errno that running it would give.
int trouble_with(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return errno;
  if (S_ISDIR(found.st_mode)) return EISDIR;
  return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

Outcome check_runnable(const std::string& program, const std::string& path_list) {
  if (program.find('{') != std::string::npos) return Done{};
  if (program.find('/') != std::string::npos) {
    const int trouble = trouble_with(program);
    if (trouble == 0) return Done{};
    return Error{"cannot run '" + program + "': " + std::strerror(trouble)};
  }
  std::string not_executable;
  std::istringstream entries(path_list);
  for (std::string entry; !program.empty() && std::getline(entries, entry, ':');) {
    if (!entry.starts_with('/')) continue;
    const std::string path = entry + "/" + program;
    const int trouble = trouble_with(path);
    if (trouble == 0) return Done{};
    if (trouble == EACCES && not_executable.empty()) not_executable = path;
  }
  if (!not_executable.empty()) return Error{"cannot run '" + not_executable + "': not executable"};
  const bool whole_line = program.find(' ') != std::string::npos;
  return Error{"there is no program '" + program + "' in PATH" +
               (whole_line ? "; write the command's words without quotes around them all" : "")};
}

}  // namespace foretide::cli
