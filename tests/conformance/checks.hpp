// Compares a message with the checks below a step.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/case_file.hpp"
#include "tests/conformance/message.hpp"

namespace foretide::conformance {

bool asks(const std::vector<Check>& checks, Check::Kind kind);

// Empty when they hold. Those that say how much of the message is waited for are the player's.
std::string unmet(const std::vector<Check>& checks, const Message& message);

}  // namespace foretide::conformance
