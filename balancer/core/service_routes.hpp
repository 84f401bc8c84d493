// Which service a request is for: the match table, sorted once so that a request is matched
// quickly.
//
// The more special match wins, in this order: exact host before wildcard host ("*.example.org", the
// longer the better) before any host; then the longer path prefix; then one that asks for a header.
// Matches that are equal in all of it are refused by the settings reader; should a table hold some
// nevertheless, the lesser (header, value, service) wins, so that every balancer decides alike. A
// host whose matches do not fit the path falls through to the wildcard's and then to any host's.
//
// A prefix ends at a path element: "/api" fits "/api", "/api/x" and "/api?q", not "/apis"; "/api/"
// fits what begins so. Hosts are compared without case, port and final dot; paths as servers read
// them (plain_path.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/wire/messages.hpp"

namespace foretide::balancer {

struct RouteQuery {
  std::string_view host;    // as in Host: may carry a port
  std::string_view target;  // path, with or without query
  std::string_view fields;  // the head's field lines as they came, "Name: value\r\n" each
};

class ServiceRoutes {
 public:
  // False when the table is not newer than the one held.
  bool apply(const wire::MatchTable& table);
  Stamp stamp() const { return stamp_; }
  const wire::MatchTable& table() const { return table_; }

  // The services that the table names; a match is an index into them.
  const std::vector<ServiceId>& services() const { return services_; }
  std::optional<std::size_t> find(const RouteQuery& query) const;

 private:
  struct Rule {
    std::string path_prefix, header_name, header_value;
    std::size_t service = 0;
  };
  using Rules = std::vector<Rule>;  // the most special first

  std::optional<std::size_t> find_plain(const RouteQuery& query) const;
  static std::optional<std::size_t> match_in(const Rules& rules, const RouteQuery& query);
  std::size_t index_of(const ServiceId& service);

  Stamp stamp_;
  wire::MatchTable table_;
  std::vector<ServiceId> services_;
  std::unordered_map<std::string, Rules> exact_hosts_;
  std::vector<std::pair<std::string, Rules>> wildcard_hosts_;  // ".example.org", the longest first
  Rules any_host_;
  std::optional<std::size_t> only_;  // the table is one match that takes everything
};

// The host of a Host field, without port and final dot, in lower case.
std::string host_of(std::string_view authority);
// The value of the first field of that name, without case; nothing when there is none.
std::optional<std::string_view> field_in(std::string_view fields, std::string_view name);

}  // namespace foretide::balancer
