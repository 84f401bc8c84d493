#include "balancer/http/real_client.hpp"

#include <algorithm>
#include <string>

#include "balancer/http/head_lines.hpp"
#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

// Some proxies add the port: "192.0.2.7:4711", "[2001:db8::7]:4711".
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const auto colon = text.find(':');
  const bool one = colon != std::string_view::npos && text.find(':', colon + 1) == text.npos;
  return one ? text.substr(0, colon) : text;
}

// Goes from left to right; `client` is whom the elements so far lead to.
void follow(std::string_view list, const IpRanges& trusted, RealClient& client) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const std::string_view address = without_port(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const auto ip = ip_bytes_for(std::string(address));
    if (!ip) {
      client = {};
    } else if (!client.ip || !contain(trusted, *ip)) {
      client = {address, ip};
    }
  }
}

}  // namespace

RealClient real_client(const ClientSide& peer, std::string_view fields, const IpRanges& trusted) {
  RealClient client;
  if (peer.trust == Trust::kTrusted) {
    FieldLines lines(fields);
    for (FieldLines::Field field; lines.next(field);) {
      if (same_word(field.name, "x-forwarded-for")) follow(field.value, trusted, client);
    }
  }
  if (client.ip) return client;
  return {peer.address, peer.ip == nullptr ? std::nullopt : std::optional(*peer.ip)};
}

}  // namespace foretide::balancer
