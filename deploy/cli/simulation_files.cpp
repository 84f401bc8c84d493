#include "deploy/cli/simulation_files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace foretide::cli {
namespace {

namespace fs = std::filesystem;

std::string trouble(const std::string& option, const std::string& path, const std::string& why) {
  return option + ": " + path + " cannot be written: " + why;
}

// As the system says it, and what to do about what is met most.
std::string reason_of(int error, const fs::path& path) {
  std::string text = std::strerror(error);
  if (error == ENOENT) text += "; make the folder " + path.parent_path().string() + " first";
  return text;
}

Outcome open_file(const std::string& option, const fs::path& path, const std::string& trace,
                  std::vector<SimulationFile>& files) {
  std::error_code unknown;
  if (fs::equivalent(path, trace, unknown)) {
    return Error{trouble(option, path.string(), "it is the trace itself")};
  }
  errno = 0;
  std::ofstream out(path);
  if (!out) return Error{trouble(option, path.string(), reason_of(errno, path))};
  files.push_back({option, path.string(), std::move(out)});
  return Done{};
}

Outcome open_folder(const SimulateOptions& options, std::vector<SimulationFile>& files) {
  const fs::path folder = options.decisions;
  std::error_code failed;
  if (fs::exists(folder, failed) && !fs::is_directory(folder, failed)) {
    return Error{
        trouble("--decisions", options.decisions, "it is a file, and several runs want a folder")};
  }
  fs::create_directories(folder, failed);
  if (failed) {
    return Error{trouble("--decisions", options.decisions, reason_of(failed.value(), folder))};
  }
  for (const std::string& aim : options.aims()) {
    Outcome opened = open_file("--decisions", folder / (aim + ".csv"), options.trace, files);
    if (!opened) return opened;
  }
  return Done{};
}

}  // namespace

Outcome SimulationFile::close() {
  errno = 0;
  out.close();
  if (out) return Done{};
  // What failed before the end is not said any more.
  return Error{trouble(option, path, errno != 0 ? std::strerror(errno) : "its device may be full")};
}

Result<SimulationFiles> open_files(const SimulateOptions& options) {
  SimulationFiles files;
  if (!options.plot.empty()) {
    const Outcome opened = open_file("--plot", options.plot, options.trace, files.plot);
    if (!opened) return Error{opened.error()};
  }
  if (options.decisions.empty()) return files;
  const Outcome opened = options.aims().size() > 1 ? open_folder(options, files.decisions)
                                                   : open_file("--decisions", options.decisions,
                                                               options.trace, files.decisions);
  if (!opened) return Error{opened.error()};
  return files;
}

}  // namespace foretide::cli
