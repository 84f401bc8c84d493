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
};

FieldName field_named(std::string_view name);

}  // namespace foretide::balancer
