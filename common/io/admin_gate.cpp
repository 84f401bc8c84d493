#include "common/io/admin_gate.hpp"

#include "common/ascii.hpp"

namespace foretide {
namespace {

// "localhost:7400" -> "localhost", "[::1]:7400" -> "::1"
std::string host_without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? std::string{} : lower_case(host.substr(1, end - 1));
  }
  return lower_case(host.substr(0, host.find(':')));
}

// "127.evil.example" begins like a loopback address and is none.
bool is_loopback_name(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

bool same_in_constant_time(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0U : 1U;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto mine = static_cast<unsigned char>(expected[i]);
    const auto theirs = i < given.size() ? static_cast<unsigned char>(given[i]) : 0;
    difference |= static_cast<unsigned>(mine ^ theirs);
  }
  return difference == 0;
}

bool carries_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "bearer ";
  if (lower_case(authorization.substr(0, scheme.size())) != scheme) return false;
  return same_in_constant_time(authorization.substr(scheme.size()), token);
}

bool needs_token(const AdminGate& gate, const AdminHead& head) {
  if (gate.token.empty()) return false;
  if (head.method != "GET" && head.method != "HEAD") return true;
  if (head.path == "/healthz" || head.path == "/readyz") return false;
  return head.path != "/metrics" || !gate.listen.is_loopback();
}

}  // namespace

std::optional<AdminRefusal> AdminGate::refusal_for(const AdminHead& head,
                                                   std::string_view local_ip) const {
  if (head.host.empty()) return AdminRefusal{400, "the request has no Host"};
  const std::string host = host_without_port(head.host);
  if (!is_loopback_name(host) && host != lower_case(listen.host) && host != local_ip) {
    return AdminRefusal{403, "this Host is not served here: use the address that is listened on"};
  }
  if (!head.origin.empty() && lower_case(head.origin) != "http://" + lower_case(head.host)) {
    return AdminRefusal{403, "requests from other origins are refused"};
  }
  if (needs_token(*this, head) && !carries_token(head.authorization, token)) {
    return AdminRefusal{401, "a token is needed: Authorization: Bearer TOKEN"};
  }
  return std::nullopt;
}

}  // namespace foretide
