// The release of a worker spec: twelve hex digits of a hash over what its workers run (argv, env
// with its references unresolved, workdir, user, needs). How it is probed and stopped is not part
// of it, so that a longer grace does not replace every worker. Stable between programs, versions
// and machines: FNV-1a, 64 bits (the hash need not resist an attacker, only tell two commands
// apart).
#pragma once

#include "common/ids.hpp"
#include "common/worker_spec.hpp"

namespace foretide {

ReleaseId release_for(const WorkerSpec& spec);

}  // namespace foretide
