// Reads a cluster file. Everything that is wrong with it is found in one go and told as
// "file:line:col: what, hint", one line each, in the file's order: unknown and duplicate keys,
// wrong types, numbers out of range, missing keys, ambiguous matches, commands that name no
// program. A key whose feature is not built yet is refused by name. (A syntax error ends the parse,
// so it comes alone.)
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/settings/cluster.hpp"

namespace foretide {

// The error's text holds all problems, a line each. `file` is used in messages only.
Result<ClusterSettings> parse_cluster(std::string_view yaml, const std::string& file);
Result<ClusterSettings> read_cluster(const std::string& path);

// For `foretide-balancer --standalone`: the same file; only services with `upstreams` are served,
// and one with a `command` is an error.
Result<ClusterSettings> parse_standalone(std::string_view yaml, const std::string& file);

}  // namespace foretide
