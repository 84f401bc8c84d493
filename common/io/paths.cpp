#include "common/io/paths.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace foretide {

namespace {

std::string value_of(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.env.find(name);
  return found == surroundings.env.end() ? "" : found->second;
}

// An XDG variable counts only with an absolute path (XDG Base Directory Specification 0.8).
std::string xdg(const Surroundings& surroundings, const std::string& name,
                const std::string& otherwise) {
  const std::string value = value_of(surroundings, name);
  return (value.starts_with('/') ? value : otherwise) + "/foretide";
}

std::string run_dir_of_user(const Surroundings& surroundings) {
  const std::string value = value_of(surroundings, "XDG_RUNTIME_DIR");
  return value.starts_with('/') ? value + "/foretide" : "/tmp/foretide-" + surroundings.user_id;
}

Surroundings own_surroundings() {
  Surroundings surroundings;
  surroundings.is_root = geteuid() == 0;
  surroundings.user_id = std::to_string(geteuid());
  for (const char* name :
       {"FORETIDE_CONFIG_DIR", "FORETIDE_STATE_DIR", "FORETIDE_RUN_DIR", "FORETIDE_LOG_DIR",
        "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"}) {
    if (const char* value = std::getenv(name)) surroundings.env[name] = value;
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    surroundings.home = home;
  } else if (const passwd* entry = getpwuid(geteuid())) {
    surroundings.home = entry->pw_dir;
  }
  return surroundings;
}

}  // namespace

Directories directories_for(const Surroundings& surroundings) {
  Directories directories;
  if (surroundings.is_root) {
    directories = {"/etc/foretide", "/var/lib/foretide", "/run/foretide", "/var/log/foretide"};
  } else {
    directories.config = xdg(surroundings, "XDG_CONFIG_HOME", surroundings.home + "/.config");
    directories.state = xdg(surroundings, "XDG_STATE_HOME", surroundings.home + "/.local/state");
    directories.run = run_dir_of_user(surroundings);
    directories.log = directories.state + "/log";
  }
  const auto override_by = [&](const char* name, std::string& directory) {
    if (const auto value = value_of(surroundings, name); !value.empty()) directory = value;
  };
  override_by("FORETIDE_CONFIG_DIR", directories.config);
  override_by("FORETIDE_STATE_DIR", directories.state);
  override_by("FORETIDE_RUN_DIR", directories.run);
  override_by("FORETIDE_LOG_DIR", directories.log);
  return directories;
}

std::string config_dir() {
  return directories_for(own_surroundings()).config;
}

std::string state_dir(const std::string& program) {
  return directories_for(own_surroundings()).state + "/" + program;
}

std::string run_dir() {
  return directories_for(own_surroundings()).run;
}

std::string log_dir() {
  return directories_for(own_surroundings()).log;
}

}  // namespace foretide
