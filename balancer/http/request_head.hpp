// A request head: read, judged, and written anew for the upstream in one pass.
//
// Nothing is relayed as it came. Each field is written into the outgoing buffer as it is parsed,
// without what concerns the client's connection only; then follow Host, framing, X-Forwarded-For
// (appended to), -Proto and -Host (set), and Via; X-SSL-Client-* is ours alone, whatever the client
// says. What the parser of Boost.Beast 1.74 lets through
// and two programs could read in two ways is refused here with 400: framing that is not plain (see
// field_rules.hpp), a Host that is missing, double or invalid, targets in a form that the method
// does not have. An Upgrade is not offered to the upstream: the request is served as a plain one.
//
// All views point into the bytes given to `parse_request_head`, or into what was written of them,
// and live as long as both do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "balancer/http/field_rules.hpp"
#include "balancer/http/head_writer.hpp"
#include "common/address.hpp"

namespace foretide::balancer {

inline constexpr std::size_t kHeadMax =
    15 * 1024;  // bytes; what is added needs the rest of a buffer
inline constexpr std::size_t kFieldsMax = 100;
inline constexpr std::size_t kRequestLineMax = 8 * 1024;

struct RequestHead {
  // Not 0: refuse with this status, close, forward nothing. `refusal` says why.
  int refused = 0;
  std::string_view refusal;

  std::string_view method;
  std::string_view target;  // origin form or "*"
  std::string_view host;    // as written to the upstream; empty when there is none (HTTP/1.0)
  std::string_view fields;  // the field lines as they came
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
  bool is_head = false;
  bool idempotent = false;   // RFC 9110 section 9.2.2: may be sent a second time
  bool http_10 = false;      // no chunked answer, no 1xx, connection closed after the answer
  bool close = false;        // the client's connection ends after the answer
  bool answer_here = false;  // OPTIONS with Max-Forwards: 0 ends at this proxy
};

struct ClientSide {
  std::string_view address;  // as it goes into X-Forwarded-For
  std::string_view scheme = "http";
  bool certified = false;  // it was asked for a certificate and showed one
  std::string_view certificate_subject;
};

// `head` is complete, as HeadScan found it. The written head has no Host yet when `host` is empty:
// the caller ends it with `end_request_head`, which knows the endpoint.
RequestHead parse_request_head(std::string_view head, const ClientSide& client, HeadWriter& out);

// Writes what depends on the endpoint and the final empty line.
void end_request_head(const RequestHead& head, const Address& endpoint, HeadWriter& out);

}  // namespace foretide::balancer
