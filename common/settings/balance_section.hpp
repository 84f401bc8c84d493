// `balance`, `queue`, `eject` and `probe.ready` of a service: how its requests are given to workers
// and wait for them.
#pragma once

#include "common/settings/schema.hpp"
#include "common/wire/messages.hpp"

namespace foretide::settings {

void read_balance(const Section& service, wire::TrafficPolicy& policy);
void read_queue(const Section& service, wire::TrafficPolicy& policy);
// `service.probe.ready`.
void read_ready_probe(const Section& service, wire::TrafficPolicy& policy);

}  // namespace foretide::settings
