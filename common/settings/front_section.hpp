// What `listen` and `observe` say of how the balancer meets its clients, in a cluster file and in
// balancer.yaml alike.
#pragma once

#include "common/settings/front_settings.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

void read_front(const Section& listen, FrontSettings& front);
void read_observe(const Section& observe, FrontSettings& front);

}  // namespace foretide::settings
