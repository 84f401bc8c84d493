#include "deploy/cli/number_option.hpp"

#include <CLI/CLI.hpp>
#include <string>

namespace foretide::cli {

CLI::Validator between(double low, double high) {
  const std::string range = CLI::detail::to_string(low) + " to " + CLI::detail::to_string(high);
  const auto check = [=](const std::string& text) {
    double number = 0;
    // Written so that "nan" fails it.
    const bool fits = CLI::detail::lexical_cast(text, number) && number >= low && number <= high;
    return fits ? std::string() : "'" + text + "' is no number from " + range;
  };
  return CLI::Validator(check, "in " + range);
}

}  // namespace foretide::cli
