#include "deploy/cli/duration_option.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace foretide::cli {

CLI::Option* add_duration_option(CLI::App& verb, const std::string& name,
                                 std::optional<std::int64_t>& milliseconds,
                                 const std::string& help) {
  const std::map<std::string, std::int64_t> units{
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
  const CLI::AsNumberWithUnit number(units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION");
  const auto read = [number](std::string& text) {
    const std::string written = text;
    bool wrong = false;
    try {
      wrong = !number(text).empty();
    } catch (const CLI::Error&) {
      wrong = true;
    }
    return wrong ? "'" + written + "' is no length of time; write 10s, 10m or 2h" : std::string();
  };
  return verb.add_option(name, milliseconds, help)
      ->transform(CLI::Validator(read, "DURATION"))
      ->check(CLI::PositiveNumber);
}

}  // namespace foretide::cli
