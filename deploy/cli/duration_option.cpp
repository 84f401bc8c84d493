#include "deploy/cli/duration_option.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace foretide::cli {

CLI::Option* add_duration_option(CLI::App& verb, const std::string& name,
                                 std::optional<std::int64_t>& milliseconds,
                                 const std::string& help) {
  const std::map<std::string, std::int64_t> units{
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
  return verb.add_option(name, milliseconds, help)
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION"))
      ->check(CLI::PositiveNumber);
}

}  // namespace foretide::cli
