// Which requests a service takes: `match`, one map or a list of them.
//
// Within a map all conditions must hold; of several maps one is enough. A request that several
// matches fit goes to the most specific: exact host, then wildcard host, then longest path prefix,
// then header. What this order cannot decide is a tie and refused here, so that no balancer ever
// has to guess: two services with the same host and prefix whose header conditions one request
// could meet both.
#pragma once

#include <vector>

#include "common/ids.hpp"
#include "common/settings/schema.hpp"
#include "common/wire/messages.hpp"

namespace foretide::settings {

struct PlacedMatch {
  wire::Match match;
  Position at;
};

// Empty when the service has no `match`: then it takes what no other does.
std::vector<PlacedMatch> matches_in(const Section& service, const ServiceId& id);

// Reports every tie among the matches of all services, at the later of the two. A match without any
// condition stands for a service without `match`.
void refuse_ties(const std::vector<PlacedMatch>& matches, Problems& problems);

}  // namespace foretide::settings
