#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "deploy/cli/verbs.hpp"

namespace foretide::cli {

const char* program_version() {
  return FORETIDE_VERSION;
}

void add_version(CLI::App& app, int& exit_code) {
  app.set_version_flag("--version", std::string("foretide ") + FORETIDE_VERSION);
  CLI::App* verb = app.add_subcommand("version", "Print the version");
  verb->footer("Example:\n  foretide version");
  verb->callback([&exit_code] {
    std::puts("foretide " FORETIDE_VERSION);
    exit_code = kDone;
  });
}

}  // namespace foretide::cli
