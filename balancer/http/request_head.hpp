// A request head: read, judged, and written anew for the upstream in one pass.
//
// Nothing is relayed as it came. Each field is written into the outgoing buffer as it is parsed,
// without what concerns the client's connection only; then follow framing, where it came from
// (forwarded_fields.hpp), what ties it to the logs (trace_fields.hpp), Via and Host. What the
// grammar does not have (head_lines.hpp) and what two programs could read in two ways is refused
// with 400: framing that is not plain (see field_rules.hpp), a Host that is missing, double or
// invalid, targets in a form that the method does not have.
//
// Boost.Beast's parser is not used: version 1.74 lets several of these through, throws on a large
// field, and took two fifths of all that a proxied request costs above the kernel's own work.
//
// An Upgrade is offered to the upstream if it names one protocol, the Connection field says so too,
// and the request has no body; otherwise the request is served as a plain one.
//
// All views point into the bytes given to `parse_request_head`, or into what was written of them,
// and live as long as both do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "balancer/http/field_rules.hpp"
#include "balancer/http/forwarded_fields.hpp"
#include "balancer/http/head_writer.hpp"
#include "balancer/http/trace_fields.hpp"
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
  std::size_t size = 0;  // bytes, its empty line included; 0: it is refused

  std::string_view method;
  std::string_view target;       // origin form or "*"
  std::string_view host;         // as written to the upstream; empty when there is none (HTTP/1.0)
  std::string_view fields;       // the field lines as they came
  bool is_secure = false;        // it came over TLS, here or where a trusted peer took it
  std::string_view upgrade;      // the protocol that was offered; empty: none
  std::size_t fields_begin = 0;  // in what was written: where the start line ends
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
  bool is_head = false;
  bool idempotent = false;        // RFC 9110 section 9.2.2: may be sent a second time
  bool http_10 = false;           // no chunked answer, no 1xx, connection closed after the answer
  bool close = false;             // the client's connection ends after the answer
  bool expects_continue = false;  // Expect: 100-continue
  bool answer_here = false;       // OPTIONS with Max-Forwards: 0 ends at this proxy
};

// `bytes` begin with a complete head; what stands behind it does no harm. The written head has no Host yet when `host` is empty:
// the caller ends it with `end_request_head`, which knows the endpoint.
RequestHead parse_request_head(std::string_view bytes, const ClientSide& client,
                               const DrawnIds& ids, HeadWriter& out);

// Whether what depends on the endpoint fits behind what was written, whatever the endpoint is. Holds
// of every head that is accepted; to be asked again once something was added to it.
bool has_room_to_end(const HeadWriter& out);
// Writes what depends on the endpoint and the final empty line.
void end_request_head(const RequestHead& head, const Address& endpoint, HeadWriter& out);

}  // namespace foretide::balancer
