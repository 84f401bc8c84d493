// Exactly what will be exec'ed for a worker: its words, its environment, its user and its folder,
// with every placeholder filled and every reference resolved. This is the only place where
// `${file:…}` and
// `${env:…}` (of the agent's environment) become secrets; the result is handed to the kernel and
// dropped. Mind that a command's words can be read by everybody on the host, its environment
// cannot.
//
// Whose environment: a worker that runs as the agent's own user gets the agent's, without
// FORETIDE_* and what a service manager put there; one that runs as somebody else gets PATH, LANG,
// TZ and its user's HOME. On top of either: the spec's `env`, HOST, PORT, FORETIDE_WORKER_ID and a
// mark that no other process has, by which the worker and what it forked are known again.
//
// Which user: `user:` of the spec; else nobody where the agent is root; else, and in the `user:
// same` mode, the agent's own.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/core/placeholders.hpp"
#include "common/result.hpp"
#include "common/worker_spec.hpp"

namespace foretide::agent {

struct RunAs {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
  std::string home;
};

struct Launch {
  std::vector<std::string> argv;
  std::vector<std::string> env;         // NAME=value
  std::vector<std::string> candidates;  // paths to try, in order
  std::string workdir;
  std::optional<RunAs> run_as;        // absent: nothing changes
  std::optional<rlimit> descriptors;  // absent: the agent's own
};

inline constexpr const char* kIdVariable = "FORETIDE_WORKER_ID";
inline constexpr const char* kMarkVariable = "FORETIDE_WORKER_MARK";

// An Error is hopeless: the same spec fails the same way on this host.
Result<Launch> launch_for(const WorkerSpec& spec, const Placeholders& with, const std::string& mark,
                          bool same_user);

// `${file:PATH}` and `${env:NAME}` within a text; a file's last newline is not part of it.
Result<std::string> resolved(const std::string& text);

}  // namespace foretide::agent
