#include "common/settings/match_section.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "common/ascii.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/header_names.hpp"

namespace foretide::settings {

namespace {

constexpr std::size_t kMatchesMost = 16;  // of one service

bool is_lower_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// "api.example.org", "*.example.org", "127.0.0.1", "[::1]"; no port, as the balancer compares
// without it.
bool is_match_host(std::string_view host) {
  if (host.starts_with("*.")) host.remove_prefix(2);
  if (host.empty() || host.size() > 253) return false;
  if (host.starts_with('['))
    return host.ends_with(']') &&
           host.find_first_not_of("[]:.0123456789abcdef") == std::string_view::npos;
  const auto fits = [](char c) { return is_lower_name(c) || c == '.'; };
  return std::all_of(host.begin(), host.end(), fits) && host.front() != '.' &&
         host.find("..") == std::string_view::npos;
}

void read_header(const Section& section, wire::Match& match) {
  const auto header = section.section("header", keys::kHeader);
  if (!header) return;
  header->require("name", "write header: {name: X-Model, value: small}");
  header->require("value", "write header: {name: X-Model, value: small}");
  if (const auto name = header->text("name")) {
    if (!is_header_name(*name)) {
      header->report("name", "'name' is " + shown(header->entry("name")->value) +
                                 ", wants the name of a header");
    }
    match.header_name = *name;
  }
  match.header_value = header->text("value").value_or("");
}

wire::Match match_in(const YamlNode& node, const ServiceId& id, Problems& problems) {
  const Section section(node, "match", keys::kMatch, problems);
  wire::Match match;
  match.service = id;
  if (node.kind == YamlNode::Kind::kMap && node.entries.empty()) {
    problems.add(node.at, "'match' has no condition, remove it for a service that takes the rest");
  }
  if (const auto host = section.text("host")) {
    match.host = lower_case(*host);
    if (!is_match_host(match.host)) {
      section.report("host",
                     "'host' is " + shown(section.entry("host")->value) +
                         ", wants a name without port such as api.example.org or *.example.org");
    }
  }
  if (const auto prefix = section.text("path_prefix")) {
    match.path_prefix = *prefix;
    if (!prefix->starts_with('/') || prefix->find_first_of(" ?#\t\r\n") != std::string::npos) {
      section.report("path_prefix", "'path_prefix' is " +
                                        shown(section.entry("path_prefix")->value) +
                                        ", wants a path that begins with / and has no query");
    }
  }
  read_header(section, match);
  return match;
}

// Could one request meet the header conditions of both, neither being the more specific?
bool headers_tie(const wire::Match& a, const wire::Match& b) {
  if (a.header_name.empty() != b.header_name.empty()) return false;
  return !same_word(a.header_name, b.header_name) || a.header_value == b.header_value;
}

std::string tie_text(const PlacedMatch& earlier, const PlacedMatch& later) {
  const auto& [a, b] = std::pair(earlier.match, later.match);
  const auto is_rest = [](const wire::Match& m) {
    return m.host.empty() && m.path_prefix.empty() && m.header_name.empty();
  };
  const std::string line = " (line " + std::to_string(earlier.at.line) + ")";
  if (a.service == b.service)
    return "the same match is given twice, first on line " + std::to_string(earlier.at.line);
  if (is_rest(a) && is_rest(b)) {
    return "neither '" + b.service.text + "' nor '" + a.service.text + "'" + line +
           " has a 'match', only one service may take the rest";
  }
  return "'" + b.service.text + "' and '" + a.service.text + "'" + line +
         " take the same requests, make one of them more specific by 'match'";
}

}  // namespace

std::vector<PlacedMatch> matches_in(const Section& service, const ServiceId& id) {
  std::vector<PlacedMatch> matches;
  const YamlEntry* entry = service.entry("match");
  if (entry == nullptr) return matches;
  const YamlNode& node = entry->value;
  if (node.kind != YamlNode::Kind::kList) {
    matches.push_back({match_in(node, id, service.problems()), node.at});
    return matches;
  }
  if (node.items.empty() || node.items.size() > kMatchesMost) {
    service.problems().add(node.at, "'match' has " + std::to_string(node.items.size()) +
                                        " entries, wants 1 to " + std::to_string(kMatchesMost));
  }
  for (const auto& item : node.items)
    matches.push_back({match_in(item, id, service.problems()), item.at});
  return matches;
}

void refuse_ties(const std::vector<PlacedMatch>& matches, Problems& problems) {
  std::map<std::pair<std::string, std::string>, std::vector<const PlacedMatch*>> alike;
  for (const auto& placed : matches) {
    const auto& prefix = placed.match.path_prefix;
    auto& group = alike[{placed.match.host, prefix == "/" ? "" : prefix}];
    const auto tied = std::find_if(group.begin(), group.end(), [&](const PlacedMatch* other) {
      return headers_tie(other->match, placed.match);
    });
    if (tied != group.end()) problems.add(placed.at, tie_text(**tied, placed));
    group.push_back(&placed);
  }
}

}  // namespace foretide::settings
