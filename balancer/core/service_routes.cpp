#include "balancer/core/service_routes.hpp"

#include <algorithm>
#include <tuple>

#include "balancer/core/plain_path.hpp"
#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

bool prefix_fits(std::string_view prefix, std::string_view path) {
  if (prefix.empty()) return true;
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

}  // namespace

bool ServiceRoutes::apply(const wire::MatchTable& table) {
  if (table.stamp <= stamp_) return false;
  *this = ServiceRoutes{};
  stamp_ = table.stamp;
  table_ = table;
  for (const auto& match : table.matches) {
    const std::string host = host_of(match.host);
    std::string memory;
    const std::string prefix(plain_path(match.path_prefix, memory));
    Rule rule{prefix, match.header_name, match.header_value, index_of(match.service)};
    Rules* rules = &any_host_;
    if (host.starts_with("*.")) {
      const std::string suffix = host.substr(1);
      const auto same = [&](const auto& entry) { return entry.first == suffix; };
      auto found = std::find_if(wildcard_hosts_.begin(), wildcard_hosts_.end(), same);
      if (found == wildcard_hosts_.end()) {
        found = wildcard_hosts_.insert(wildcard_hosts_.end(), {suffix, {}});
      }
      rules = &found->second;
    } else if (!host.empty() && host != "*") {
      rules = &exact_hosts_[host];
    }
    rules->push_back(std::move(rule));
  }
  const auto sort = [this](Rules& rules) {
    const auto key = [this](const Rule& rule) {
      return std::make_tuple(-static_cast<std::ptrdiff_t>(rule.path_prefix.size()),
                             rule.header_name.empty(), std::string_view(rule.header_name),
                             std::string_view(rule.header_value),
                             std::string_view(services_[rule.service].text));
    };
    std::sort(rules.begin(), rules.end(),
              [&](const Rule& a, const Rule& b) { return key(a) < key(b); });
  };
  for (auto& [host, rules] : exact_hosts_) sort(rules);
  for (auto& [suffix, rules] : wildcard_hosts_) sort(rules);
  sort(any_host_);
  std::sort(wildcard_hosts_.begin(), wildcard_hosts_.end(), [](const auto& a, const auto& b) {
    return std::make_pair(-static_cast<std::ptrdiff_t>(a.first.size()), a.first) <
           std::make_pair(-static_cast<std::ptrdiff_t>(b.first.size()), b.first);
  });
  const bool one_rule = exact_hosts_.empty() && wildcard_hosts_.empty() && any_host_.size() == 1;
  if (one_rule && any_host_[0].path_prefix.empty() && any_host_[0].header_name.empty()) {
    only_ = any_host_[0].service;
  }
  return true;
}

std::optional<std::size_t> ServiceRoutes::find(const RouteQuery& query) const {
  if (only_) return only_;
  std::string memory;
  return find_plain({query.host, plain_path(query.target, memory), query.fields});
}

std::optional<std::size_t> ServiceRoutes::find_plain(const RouteQuery& query) const {
  if (!exact_hosts_.empty() || !wildcard_hosts_.empty()) {
    const std::string host = host_of(query.host);
    if (const auto exact = exact_hosts_.find(host); exact != exact_hosts_.end()) {
      if (const auto service = match_in(exact->second, query)) return service;
    }
    for (const auto& [suffix, rules] : wildcard_hosts_) {
      if (host.size() <= suffix.size() || !host.ends_with(suffix)) continue;
      if (const auto service = match_in(rules, query)) return service;
    }
  }
  return match_in(any_host_, query);
}

std::optional<std::size_t> ServiceRoutes::match_in(const Rules& rules, const RouteQuery& query) {
  for (const auto& rule : rules) {
    if (!prefix_fits(rule.path_prefix, query.target)) continue;
    if (rule.header_name.empty() || field_in(query.fields, rule.header_name) == rule.header_value) {
      return rule.service;
    }
  }
  return std::nullopt;
}

std::size_t ServiceRoutes::index_of(const ServiceId& service) {
  const auto found = std::find(services_.begin(), services_.end(), service);
  if (found == services_.end()) {
    services_.push_back(service);
    return services_.size() - 1;
  }
  return static_cast<std::size_t>(found - services_.begin());
}

std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    authority = authority.substr(0, authority.find(']') + 1);
  } else {
    authority = authority.substr(0, authority.find(':'));
  }
  if (authority.ends_with('.')) authority.remove_suffix(1);
  return lower_case(authority);
}

std::optional<std::string_view> field_in(std::string_view fields, std::string_view name) {
  while (!fields.empty()) {
    const auto end = fields.find("\r\n");
    const std::string_view line = fields.substr(0, end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && same_word(line.substr(0, colon), name)) {
      return trimmed(line.substr(colon + 1));
    }
    if (end == std::string_view::npos) break;
    fields.remove_prefix(end + 2);
  }
  return std::nullopt;
}

}  // namespace foretide::balancer
