// The fuzzers' first recorded moments: chunks of a made-up service in which each kind of thing that
// a moment can say is said once.
#pragma once

#include <string>
#include <vector>

namespace foretide {

std::vector<std::string> moment_seeds();

}  // namespace foretide
