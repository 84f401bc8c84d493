#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

constexpr const char* kFile =
    R"(# What Foretide runs. `foretide check cluster.yaml` says whether it is right; everything that is commented
# out shows its default. Load and capacity are counted in requests in flight.
version: 1

# cluster: foretide                 # a name for people
# listen:
#   traffic: ["0.0.0.0:8080"]       # where balancers take requests
#   admin: "127.0.0.1:7400"         # admin API; the `foretide` command talks to it
#   control: "0.0.0.0:7401"         # agents and balancers dial these two
#   telemetry: "0.0.0.0:7402"

services:
  web:
    # {host} and {port} are filled in for each worker; they are in its environment as HOST and PORT, too.
    # No shell runs: for pipes or variables write `sh -c "..."`.
    command: python3 -m http.server --bind {host} {port}
    # env: {GREETING: hello, KEY: "${file:/etc/foretide/key}"}   # references are read where the worker starts
    # workdir: /srv/web
    # needs: {cpus: 1, memory: 512MiB}    # set aside on a node for each worker
    # capacity: {soft: 8}                 # load at which a worker is well used, left out: learned; hard: never exceeded
    # scale: {min: 1, max: 10, shortage: 1%, idle: 5m}
    # probe: {start: {http: /, timeout: 60s}}   # ready once this answers 200 to 399; default: once it listens
    # stop: {drain: 30s, signal: TERM, grace: 10s}
    # queue: {max: 1000, wait: 30s}       # requests held while no worker can take them
)";

int init(const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) {
    std::fprintf(stderr, "foretide: cannot make %s: %s\n", dir.c_str(), error.message().c_str());
    return kFailed;
  }
  const std::string path = (std::filesystem::path(dir) / "cluster.yaml").string();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    std::fprintf(stderr, "foretide: %s: %s%s\n", path.c_str(), std::strerror(errno),
                 errno == EEXIST ? "; it is left as it is" : "");
    return kFailed;
  }
  const auto length = static_cast<ssize_t>(std::strlen(kFile));
  const bool written = ::write(file, kFile, static_cast<std::size_t>(length)) == length;
  if (::close(file) != 0 || !written) {
    std::fprintf(stderr, "foretide: cannot write %s: %s\n", path.c_str(), std::strerror(errno));
    return kFailed;
  }
  std::printf(
      "Wrote %s. Put your command in it, then:\n\n"
      "  foretide check %s\n"
      "  foretide-coordinator --config %s\n"
      "  foretide token create --role agent       # prints the line to paste on a host\n"
      "  foretide token create --role balancer\n",
      path.c_str(), path.c_str(), path.c_str());
  return kDone;
}

}  // namespace

void add_init(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("init", "Write a commented cluster.yaml to start from");
  auto dir = std::make_shared<std::string>(".");
  verb->add_option("DIR", *dir, "Where to write it")->capture_default_str();
  verb->footer("Example:\n  foretide init /etc/foretide");
  verb->callback([dir, &exit_code] { exit_code = init(*dir); });
}

}  // namespace foretide::cli
