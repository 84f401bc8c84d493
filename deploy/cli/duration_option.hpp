// Options that take a length of time as people write it: 500ms, 30s, 1.5m, 2h, 1d. It is read by
// common/settings/durations, as everywhere else. A number without a unit is refused, since nobody
// can know which was meant, but by options that have always counted seconds: there 40 is 40s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace foretide::cli {

// No time at all is refused too.
CLI::Option* add_duration_option(CLI::App& verb, const std::string& name,
                                 std::optional<std::int64_t>& milliseconds,
                                 const std::string& help);

// Makes seconds, as a number's text, of what was written; for an option's `transform`.
CLI::Validator seconds_between(double low, double high);

}  // namespace foretide::cli
