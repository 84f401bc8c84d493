// A request's path as most servers will read it, for comparing it with the prefixes of a match
// table: percent-encoding undone, "." and ".." followed (RFC 3986 section 5.2.4), empty elements
// left out. "/x/../%61dmin//y" is "/admin/y". Without this, whoever is refused by the service that
// "/admin" leads to could ask for "//admin" and get the next service's answer, from the same
// worker.
//
// The request itself is forwarded as it came. What one kind of server alone reads otherwise is not
// undone here: parameters (";x"), "\" for "/", an encoding of an encoding.
#pragma once

#include <string>
#include <string_view>

namespace foretide::balancer {

// Without the query. Mostly a view into `target`, where there is nothing to change; else into
// `memory`.
std::string_view plain_path(std::string_view target, std::string& memory);

}  // namespace foretide::balancer
