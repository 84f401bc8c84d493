// One agent per state folder: a lock that the kernel lets go of when its holder ends, however it
// ends.
#pragma once

#include <string>

#include "common/io/descriptor.hpp"
#include "common/result.hpp"

namespace foretide::agent {

// Makes the folder where it is missing. The Error names the pid that holds it.
Result<Descriptor> lock_state(const std::string& state);

}  // namespace foretide::agent
