// What nghttp2 tells a connection while it reads and writes frames.
#pragma once

#include <nghttp2/nghttp2.h>

#include "balancer/h2/connection.hpp"

namespace foretide::balancer::h2 {

// Nothing when there is no memory.
nghttp2_session* make_session(Connection& connection);

// Where nghttp2 takes an answer's body from.
nghttp2_data_provider body_of(RequestStream& request);

}  // namespace foretide::balancer::h2
