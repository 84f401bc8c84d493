// A host name to a literal address, by asking the system's resolver, which may block: for the
// control thread, when a table comes. What is literal already, or cannot be resolved, is returned
// as it is; a connection to the latter fails, and the endpoint rests like any that refuses.
#pragma once

#include <string>

#include <netdb.h>

namespace foretide::balancer {

std::string literal_for(const std::string& host);

// The first IPv4 address of a resolver's list, else the first of all: a program that listens on
// "localhost" mostly means 127.0.0.1, which the resolver may name behind ::1. `list` is not empty.
const addrinfo* preferred_in(const addrinfo* list);

}  // namespace foretide::balancer
