// The verbs of the `foretide` command. Each lives in a file of its own name and does two things
// there: it says how it is called (options, help, an example), and, when it was the one called, it
// does its work and leaves the exit code. 0: done. 1: it could not be done, and stderr says why in
// a sentence. 2: it was called wrongly. 3: `foretide plan --detailed-exitcode` found changes.
#pragma once

namespace CLI {
class App;
}

namespace foretide::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kChanges = 3;

const char* program_version();

void add_version(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_init(CLI::App& app, int& exit_code);
void add_token(CLI::App& app, int& exit_code);
void add_join(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_plan(CLI::App& app, int& exit_code);
void add_scale(CLI::App& app, int& exit_code);
void add_pause(CLI::App& app, int& exit_code);
void add_resume(CLI::App& app, int& exit_code);
void add_drain(CLI::App& app, int& exit_code);
void add_load(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);
void add_dev(CLI::App& app, int& exit_code);
void add_quickstart(CLI::App& app, int& exit_code);

}  // namespace foretide::cli
