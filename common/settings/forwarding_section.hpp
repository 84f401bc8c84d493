// What a service's settings say of how its requests are passed on: `retry`, `request`, `response`,
// `allow`, `https_only`.
#pragma once

#include "common/settings/schema.hpp"
#include "common/wire/messages.hpp"

namespace foretide::settings {

void read_forwarding(const Section& service, wire::TrafficPolicy& policy);

}  // namespace foretide::settings
