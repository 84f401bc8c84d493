// What a service's workers run: `command`, `env`, `workdir`, `user`, `engine`, `needs`, `probe`,
// `stop`. Nothing is looked up on this machine: the command and the paths are the hosts' matter,
// and references in `env` (`${file:…}`, `${env:…}`) are only checked for their form, as they are
// read where the worker starts.
#pragma once

#include "common/settings/schema.hpp"
#include "common/worker_spec.hpp"

namespace foretide::settings {

WorkerSpec worker_in(const Section& service);

}  // namespace foretide::settings
