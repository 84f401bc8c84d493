// What ties a request to the logs of everything that it passes: X-Request-Id, and the W3C's
// traceparent (Trace Context, level 1).
//
// A client's own are passed on as they are, if they are well formed; otherwise they are begun here,
// both from one drawn number, so that one finds the other: request id
// 4bf92f3577b34da6a3ce929d0e0e4736 is the trace id of
// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00. A begun trace is marked as not sampled:
// no span is recorded here. A tracestate without a valid traceparent means nothing and is dropped
// (section 3.3.1.1 there).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "balancer/http/head_writer.hpp"

namespace foretide::balancer {

// Drawn at random for each request; not secret.
struct DrawnIds {
  std::uint64_t trace_high = 0, trace_low = 0, span = 0;
};

class TraceFields {
 public:
  // Whether it is one of these fields, which is written by `write` then and not as it came.
  bool take(std::string_view name, std::string_view value);
  void write(const DrawnIds& drawn, HeadWriter& out) const;

 private:
  static constexpr std::size_t kStatesMax = 4;

  std::string_view request_id_, parent_;
  std::string_view states_[kStatesMax];
  std::size_t state_count_ = 0;
  bool parent_seen_ = false, parent_twice_ = false;
};

// traceparent of version 00, or of a later one that begins like it.
bool is_trace_parent(std::string_view value);
// Letters, digits and ._:/+=@- of 1 to 128 characters: what goes into logs unchanged.
bool is_request_id(std::string_view value);

}  // namespace foretide::balancer
