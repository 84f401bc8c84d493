// An option that takes a length of time as people write it: 500ms, 30s, 10m, 2h. A number without a
// unit is refused, since nobody can know which was meant, and so is no time at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace foretide::cli {

CLI::Option* add_duration_option(CLI::App& verb, const std::string& name,
                                 std::optional<std::int64_t>& milliseconds,
                                 const std::string& help);

}  // namespace foretide::cli
