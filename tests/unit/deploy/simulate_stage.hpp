// `foretide simulate` on a trace in a folder of its own: what it printed, said and wrote.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "deploy/cli/verbs.hpp"

namespace foretide::cli {

class Simulate : public testing::Test {
 protected:
  Simulate() { std::filesystem::create_directories(folder_); }
  ~Simulate() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  // Two days of ten-minute steps, some 2 to 10 workers of 5 requests a second.
  void write_trace(int steps = 288) const {
    std::ofstream out(path("trace.csv"));
    out << "# step_s=600\nt_s,value\n";
    for (int i = 0; i < steps; ++i) {
      const double rps = 30.0 + 20.0 * std::sin(i * 2.0 * 3.14159265 / 144.0);
      out << i * 600 << ',' << (i == 100 ? "nan" : std::to_string(rps * 600.0)) << '\n';
    }
  }
  // On that trace.
  int run(const std::string& options) {
    return run_bare("--trace " + path("trace.csv") + " " + options);
  }
  int run_bare(const std::string& options) {
    CLI::App app;
    int exit_code = -1;
    add_simulate(app, exit_code);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    std::string refusal;
    try {
      app.parse("simulate " + options);
    } catch (const CLI::ParseError& refused) {
      exit_code = kUsage;
      refusal = refused.what();
    }
    output_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr() + refusal;
    return exit_code;
  }
  std::vector<std::string> lines_of(const std::string& name) const {
    std::ifstream in(path(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  std::string output_, errors_;  // of the last run

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("foretide-simulate-" + std::to_string(::getpid()));
};

// Start times of two of its steps.
inline const std::string kWorkers = "--capacity 5 --start-time 1200 ";

}  // namespace foretide::cli
