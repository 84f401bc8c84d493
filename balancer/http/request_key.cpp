#include "balancer/http/request_key.hpp"

#include <algorithm>

#include "balancer/core/service_routes.hpp"

namespace foretide::balancer {

std::optional<std::string_view> key_in(const wire::KeySource& source, std::string_view fields,
                                       std::string_view client_address) {
  using Kind = wire::KeySource::Kind;
  if (source.kind == Kind::kAddress && !client_address.empty()) return client_address;
  if (source.kind == Kind::kHeader) return field_in(fields, source.name);
  if (source.kind != Kind::kCookie) return std::nullopt;
  const auto cookies = field_in(fields, "cookie");
  return cookies ? cookie_in(*cookies, source.name) : std::nullopt;
}

std::optional<std::string_view> cookie_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    std::string_view pair = cookies.substr(0, end);
    pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
  }
  return std::nullopt;
}

}  // namespace foretide::balancer
