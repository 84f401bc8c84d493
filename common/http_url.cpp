#include "common/http_url.hpp"

#include <algorithm>

#include "common/ascii.hpp"

namespace foretide {
namespace {

constexpr std::size_t kUrlMost = 2000;

bool is_host(std::string_view host) {
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  };
  return !host.empty() && host.size() <= 253 &&
         (is_ip_address(std::string(host)) || std::all_of(host.begin(), host.end(), fits));
}

// The default port where none stands.
std::optional<Address> server_in(std::string_view text) {
  const bool has_port = text.find(':', text.starts_with('[') ? text.find(']') : 0) != text.npos;
  auto address = parse_address(has_port ? std::string(text) : std::string(text) + ":80");
  if (!address || address->port == 0 || !is_host(address->host)) return std::nullopt;
  if (text.starts_with('[') && !is_ip_address(address->host)) return std::nullopt;
  return address;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.size() > kUrlMost) return Error{"is longer than 2000 characters"};
  if (lower_case(std::string(text.substr(0, 8))) == "https://") {
    return Error{"is https, and only http is spoken here: ask a proxy beside that speaks https"};
  }
  if (lower_case(std::string(text.substr(0, kScheme.size()))) != kScheme) {
    return Error{"does not begin with http://"};
  }
  text.remove_prefix(kScheme.size());
  if (!std::all_of(text.begin(), text.end(), is_plain_in_url)) {
    return Error{"has a blank, a '#' or a letter in it that has to be written as %20"};
  }
  const std::string_view server = text.substr(0, text.find_first_of("/?"));
  const std::string_view target = text.substr(server.size());
  if (server.find('@') != server.npos)
    return Error{"has a user before its host, which is not sent"};
  const auto address = server_in(server);
  if (!address) return Error{"names no host, or a port that is none"};
  return HttpUrl{*address, (target.starts_with('/') ? "" : "/") + std::string(target)};
}

}  // namespace foretide
