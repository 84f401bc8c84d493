// `listen.tls` of a cluster file and of balancer.yaml, and `tls` of a service. That the files exist
// and hold what they should is found out where they are read, on the balancer's host.
#pragma once

#include "common/settings/schema.hpp"
#include "common/settings/tls_settings.hpp"
#include "common/wire/messages.hpp"

namespace foretide::settings {

// All but the addresses, which `listen` reads together with its other ones.
TlsSettings tls_in(const Section& tls);

wire::UpstreamTls upstream_tls_in(const Section& tls);

}  // namespace foretide::settings
