// `listen` of a cluster file: what the coordinator and the balancer listen on. Port 0 lets the
// system choose (tests do that) and never counts as taken. The admin APIs stay on loopback until
// they can speak TLS.
#pragma once

#include "common/settings/cluster.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

ListenSettings listen_in(const Section& listen);

// What balancer.yaml has of it.
struct BalancerListen {
  std::vector<Address> traffic;
  std::optional<TlsSettings> tls;
  Address admin;
};
BalancerListen balancer_listen_in(const Section& listen);

}  // namespace foretide::settings
