// `listen` of a cluster file: what the coordinator and the balancer listen on. Port 0 lets the
// system choose (tests do that) and never counts as taken. The admin APIs stay on loopback until
// they can speak TLS.
#pragma once

#include "common/settings/cluster.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

ListenSettings listen_in(const Section& listen);

// The balancer's two addresses, which balancer.yaml has as well; absent ones are left alone.
void read_balancer_listen(const Section& listen, std::vector<Address>& traffic, Address& admin);

}  // namespace foretide::settings
