// Who may ask the admin API: decided from a request's head alone, before its body is read.
//
// Three questions, in this order. Was it meant for this server (`Host` is a loopback name, the
// address that the server listens on, or the address that this connection came to)? A name that
// somebody else's DNS points here is refused, which is what stops DNS rebinding. Does it come from
// a web page that is not ours (`Origin`)? And does it carry the token, compared in constant time?
// /healthz and /readyz need none, /metrics none on loopback.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/address.hpp"

namespace foretide {

struct AdminHead {
  std::string_view method, path, host, origin, authorization;
};

struct AdminRefusal {
  int status = 403;
  std::string reason;
};

struct AdminGate {
  Address listen;
  std::string token;  // empty: none is asked for

  // `local_ip` is this host's side of the connection, as a literal.
  std::optional<AdminRefusal> refusal_for(const AdminHead& head, std::string_view local_ip) const;
};

}  // namespace foretide
