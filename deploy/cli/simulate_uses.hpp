// Which option belongs to which way of using `foretide simulate`. There are four ways: by our own
// rules, by another autoscaler's (--algorithm), by all of them (--compare), and the recorded
// decisions again (--replay); and two sources, a file and a service's history.
//
// An option that was given and plays no part is refused with what to do: who gave it believes in a
// figure that it did not change.
#pragma once

#include <set>
#include <string>

#include "common/result.hpp"

namespace foretide::cli {

struct SimulateOptions;

// The options that the table knows, as "--grain"; every option of the command but --help.
std::set<std::string> options_with_a_use();

// By `options.given`.
Outcome check_uses(const SimulateOptions& options);

}  // namespace foretide::cli
