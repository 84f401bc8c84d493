// The names of header fields that mean something to a proxy; all others are passed on as they came.
// Told apart by length and first letters before anything is compared, so that a field which nobody
// asks about costs a table look-up.
#pragma once

#include <cstdint>
#include <string_view>

namespace foretide::balancer {

enum class FieldName : std::uint8_t {
  kOther,
  kClientCertificate,  // x-ssl-client-*, where workers look for it
  kConnection,
  kContentLength,
  kDate,
  kExpect,
  kForwarded,  // and every x-forwarded-*
  kHost,
  kMaxForwards,
  kOneConnection,  // keep-alive, proxy-*, te, trailer: they end here (RFC 9110 section 7.6.1)
  kTrace,          // traceparent, tracestate, x-request-id
  kTransferEncoding,
  kUpgrade,
  kUnderscored,  // one of the above but for "_" where it has "-"
};

// `name` is a token, as FieldLines finds them.
FieldName field_named(std::string_view name);

// Many a worker takes X_Forwarded_For for X-Forwarded-For (RFC 3875 section 4.1.18 names both
// alike), so that one may not stand where the other is refused. For names that hold a "_".
FieldName underscored_field_named(std::string_view name);

}  // namespace foretide::balancer
