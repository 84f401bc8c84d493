#include <CLI/CLI.hpp>
#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "common/settings/near_word.hpp"
#include "deploy/cli/verbs.hpp"

namespace {

// CLI11 only says that a verb is wanted, not what stands in its place.
bool says_unknown_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  if (std::find(known.begin(), known.end(), argv[1]) != known.end()) return false;
  const auto near = foretide::settings::near_word(argv[1], known);
  std::fprintf(stderr, "foretide: there is no verb '%s'%s; 'foretide --help' lists them\n", argv[1],
               near ? (", but '" + std::string(*near) + "'").c_str() : "");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace foretide::cli;
  std::setlocale(LC_CTYPE, "");
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Runs worker processes on plain Linux hosts, started before demand arrives.",
               "foretide");
  app.require_subcommand(1);
  app.footer("'foretide VERB --help' explains a verb and gives an example.");
  int exit_code = kDone;
  add_check(app, exit_code);
  add_dev(app, exit_code);
  add_drain(app, exit_code);
  add_explain(app, exit_code);
  add_init(app, exit_code);
  add_join(app, exit_code);
  add_load(app, exit_code);
  add_plan(app, exit_code);
  add_pause(app, exit_code);
  add_quickstart(app, exit_code);
  add_resume(app, exit_code);
  add_scale(app, exit_code);
  add_simulate(app, exit_code);
  add_status(app, exit_code);
  add_token(app, exit_code);
  add_version(app, exit_code);
  if (says_unknown_verb(app, argc, argv)) return kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? kDone : kUsage;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "foretide: %s\n", problem.what());
    return kFailed;
  }
  return exit_code;
}
