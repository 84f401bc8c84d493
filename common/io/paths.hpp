// Where files live: /etc/foretide, /var/lib/foretide, /run/foretide, /var/log/foretide for root,
// the XDG directories for anybody else, and FORETIDE_* environment overrides before both
// (FORETIDE_CONFIG_DIR, FORETIDE_STATE_DIR, FORETIDE_RUN_DIR, FORETIDE_LOG_DIR).
//
// Each program keeps its state in a directory of its own under the state directory, also where that
// is overridden: with FORETIDE_STATE_DIR=/srv/ft the coordinator's is /srv/ft/coordinator. Nothing
// is created here. `directories_for` is the pure rule; the others ask it about the process they run
// in.
#pragma once

#include <map>
#include <string>

namespace foretide {

struct Surroundings {
  bool is_root = false;
  std::string user_id;  // decimal, for a run directory where XDG names none
  std::string home;
  std::map<std::string, std::string> env;  // an empty value counts as absent
};

struct Directories {
  std::string config, state, run, log;
  friend bool operator==(const Directories&, const Directories&) = default;
};

Directories directories_for(const Surroundings& surroundings);

std::string config_dir();
std::string state_dir(const std::string& program);  // "coordinator", "agent", "balancer"
std::string run_dir();
std::string log_dir();

}  // namespace foretide
