// A host name to a literal address, by asking the system's resolver, which may block: for the
// control thread, when a table comes. What is literal already, or cannot be resolved, is returned
// as it is; a connection to the latter fails, and the endpoint rests like any that refuses.
#pragma once

#include <string>

namespace foretide::balancer {

std::string literal_for(const std::string& host);

}  // namespace foretide::balancer
