// Plays one case: does what its steps say and compares what is seen. Afterwards a request of the
// runner's own goes through the proxy; whatever reached the upstream besides what the case expects
// has arrived by then and is a failure.
#pragma once

#include <string>

#include "tests/conformance/case_file.hpp"
#include "tests/conformance/stage.hpp"

namespace foretide::conformance {

// Empty when all was as the case says, else a sentence.
std::string play(const Case& one, Stage& stage);

}  // namespace foretide::conformance
