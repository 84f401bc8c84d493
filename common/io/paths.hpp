// Where files live: /etc/foretide, /var/lib/foretide, /run/foretide, /var/log/foretide for root, the XDG
// directories for anybody else, and FORETIDE_* environment overrides before both
// (FORETIDE_CONFIG_DIR, FORETIDE_STATE_DIR, FORETIDE_RUN_DIR, FORETIDE_LOG_DIR).
#pragma once

#include <string>

namespace foretide {

std::string config_dir();
std::string state_dir(const std::string& program);  // "coordinator", "agent", "balancer"
std::string run_dir();
std::string log_dir();

}  // namespace foretide
