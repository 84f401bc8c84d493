// The processes below this one, and their end. Workers outlive their agent by design (a new agent
// adopts them), so whoever runs a whole cluster for a while, `foretide dev` or a test, must end
// them himself. He becomes their reaper first: an orphan's new parent is then he, not process 1,
// and nothing gets lost.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <vector>

namespace foretide::cli {

// From now on orphans below this process become its children.
void adopt_orphans();

// All processes below this one, children before grandchildren, without zombies and without `spared`
// and what is below those.
std::vector<pid_t> descendants(const std::vector<pid_t>& spared = {});

// SIGTERM to all of them but `spared` (and what is below those), SIGKILL to what is left after the
// grace, until none is left; reaps orphans among them.
void end_descendants(std::chrono::milliseconds grace, const std::vector<pid_t>& spared = {});

}  // namespace foretide::cli
