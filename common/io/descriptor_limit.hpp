// How many descriptors this process may have open. A program that keeps some for every request or
// worker soon needs more than the usual soft limit of 1024, and none of ours uses select(), for
// which that limit is kept low.
#pragma once

#include <sys/resource.h>

#include <optional>

namespace foretide {

// Raises the soft limit to the hard one. Returns what it was before, for a program that starts
// others, which may use select(); nothing when it could not be told or raised.
std::optional<rlimit> raise_descriptor_limit();

}  // namespace foretide
