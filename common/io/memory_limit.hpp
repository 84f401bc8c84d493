// How much memory this process may use: what the machine has, or less where a control group it is
// in, or one above that, has a limit (cgroup v2's memory.max, v1's memory.limit_in_bytes). A
// container of 512 MiB on a machine of 64 GiB: 512 MiB.
//
// Files that are not there limit nothing. `root` is another file system's root, for tests.
#pragma once

#include <cstdint>
#include <string>

namespace foretide {

std::uint64_t memory_limit_bytes(const std::string& root = "/");

}  // namespace foretide
