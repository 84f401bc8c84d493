// A response head: read, judged, and written anew for the client in one pass, like a request's
// (request_head.hpp).
//
// Which framing the client gets is decided here: what has a length keeps it, what is chunked or
// ends with the connection is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0. A
// response whose own framing is not plain is refused, which the caller turns into a 502. Date is
// added where it is missing (RFC 9110 section 6.6.1), Server-Timing where the request had to wait for
// a worker (https://www.w3.org/TR/server-timing/).
//
// A 101 is passed on if it agrees to the protocol that was offered, and to nothing else; from then
// on the connection is not HTTP's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "balancer/http/field_rules.hpp"
#include "balancer/http/head_writer.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

struct ResponseHead {
  bool refused = false;
  std::string_view refusal;
  std::size_t size = 0;  // bytes, its empty line included; 0: it is refused, or not complete

  int status = 0;
  Framing from_upstream = Framing::kNone;
  Framing to_client = Framing::kNone;
  std::uint64_t length = 0;
  bool interim = false;   // 1xx: the final response is still to come
  bool switches = false;  // 101: it is the final one, and a tunnel begins
  bool reusable = false;  // the upstream's connection stays open after it
  bool close_client = false;
};

struct ResponseTo {
  bool head_request = false;
  bool http_10 = false;
  bool close = false;        // the client's connection ends after this response whatever it says
  std::string_view date;     // "Date: …" value of now
  std::string_view upgrade;  // the protocol that the request offered
  // How long the request waited for a worker, and how long the worker that it got took to start.
  std::optional<std::chrono::milliseconds> held, worker_start;
  const wire::HeadChanges* changes = nullptr;  // none: nothing is changed
};

// What stands behind the head in `bytes` does no harm.
ResponseHead parse_response_head(std::string_view bytes, const ResponseTo& to, HeadWriter& out);

}  // namespace foretide::balancer
