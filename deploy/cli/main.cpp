#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>

#include "deploy/cli/verbs.hpp"

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
  add_explain(app, exit_code);
  add_init(app, exit_code);
  add_join(app, exit_code);
  add_load(app, exit_code);
  add_quickstart(app, exit_code);
  add_scale(app, exit_code);
  add_status(app, exit_code);
  add_token(app, exit_code);
  add_version(app, exit_code);
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
