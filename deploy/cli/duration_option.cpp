#include "deploy/cli/duration_option.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "common/settings/durations.hpp"
#include "common/settings/numbers.hpp"

namespace foretide::cli {
namespace {

std::string no_length(const std::string& written) {
  return "'" + written + "' is no length of time; write " + settings::kDurationGrammar;
}

std::optional<double> seconds_in(const std::string& text) {
  if (const auto bare = settings::parse_number(text)) return bare;
  const auto length = settings::parse_duration(text);
  if (!length) return std::nullopt;
  return static_cast<double>(length->count()) / 1000.0;
}

std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

}  // namespace

CLI::Option* add_duration_option(CLI::App& verb, const std::string& name,
                                 std::optional<std::int64_t>& milliseconds,
                                 const std::string& help) {
  const auto read = [](std::string& text) {
    const auto length = settings::parse_duration(text);
    if (!length) return no_length(text);
    if (length->count() == 0) {
      return "'" + text + "' is no time at all; write " + settings::kDurationGrammar;
    }
    text = std::to_string(length->count());
    return std::string();
  };
  return verb.add_option(name, milliseconds, help)->transform(CLI::Validator(read, "DURATION"));
}

CLI::Validator seconds_between(double low, double high) {
  const auto read = [=](std::string& text) {
    const auto seconds = seconds_in(text);
    if (!seconds) return no_length(text) + ", or seconds as a bare number";
    if (*seconds < low || *seconds > high) {
      return "'" + text + "' is not from " + number_text(low) + " to " + number_text(high) +
             " seconds";
    }
    text = number_text(*seconds);
    return std::string();
  };
  return CLI::Validator(read, "SECONDS or DURATION");
}

}  // namespace foretide::cli
