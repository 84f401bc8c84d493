#include "balancer/core/server_names.hpp"

#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

std::string plain(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return lower_case(name);
}

}  // namespace

bool ServerNames::add(std::string_view name, std::size_t certificate) {
  const std::string text = plain(name);
  if (text.starts_with("*.")) return wildcards_.try_emplace(text.substr(1), certificate).second;
  return exact_.try_emplace(text, certificate).second;
}

std::optional<std::size_t> ServerNames::find(std::string_view name) const {
  const std::string text = plain(name);
  if (const auto exact = exact_.find(text); exact != exact_.end()) return exact->second;
  const auto dot = text.find('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  const auto wildcard = wildcards_.find(text.substr(dot));
  if (wildcard == wildcards_.end()) return std::nullopt;
  return wildcard->second;
}

}  // namespace foretide::balancer
