#include "balancer/http/trace_fields.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "balancer/http/field_rules.hpp"

namespace foretide::balancer {
namespace {

constexpr std::size_t kRequestIdMax = 128;

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// `hex` is lower-case hexadecimal and not all zeros.
bool is_id(std::string_view hex) {
  return std::all_of(hex.begin(), hex.end(), is_lower_hex) &&
         hex.find_first_not_of('0') != std::string_view::npos;
}

constexpr std::array<std::array<char, 2>, 256> hex_of_bytes() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> hex{};
  for (std::size_t i = 0; i < hex.size(); ++i) hex[i] = {kHex[i >> 4], kHex[i & 15]};
  return hex;
}

void put_hex(std::uint64_t number, char* to) {
  static constexpr auto kHexOfBytes = hex_of_bytes();
  for (int at = 14; at >= 0; at -= 2) {
    std::memcpy(to + at, kHexOfBytes[number & 0xff].data(), 2);
    number >>= 8;
  }
}

}  // namespace

bool is_trace_parent(std::string_view value) {
  // version "-" trace-id "-" parent-id "-" flags
  constexpr std::size_t kSize = 55;
  if (value.size() < kSize || value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
  const std::string_view version = value.substr(0, 2), flags = value.substr(53, 2);
  if (!std::all_of(version.begin(), version.end(), is_lower_hex) || version == "ff") return false;
  if (!std::all_of(flags.begin(), flags.end(), is_lower_hex)) return false;
  if (version == "00" && value.size() != kSize) return false;
  if (value.size() > kSize && value[kSize] != '-') return false;
  return is_id(value.substr(3, 32)) && is_id(value.substr(36, 16));
}

bool is_request_id(std::string_view value) {
  return !value.empty() && value.size() <= kRequestIdMax &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("._:/+=@-").find(c) != std::string_view::npos;
         });
}

bool TraceFields::take(std::string_view name, std::string_view value) {
  if (same_word(name, "x-request-id")) {
    if (request_id_.empty() && is_request_id(value)) request_id_ = value;
    return true;
  }
  if (same_word(name, "traceparent")) {
    parent_twice_ = std::exchange(parent_seen_, true);
    if (is_trace_parent(value)) parent_ = value;
    return true;
  }
  if (same_word(name, "tracestate")) {
    if (state_count_ < kStatesMax) states_[state_count_++] = value;
    return true;
  }
  return false;
}

void TraceFields::write(const DrawnIds& drawn, HeadWriter& out) const {
  std::array<char, 55> begun{'0', '0', '-'};
  put_hex(drawn.trace_high, &begun[3]);
  put_hex(drawn.trace_low | 1, &begun[19]);  // an id is never all zeros
  begun[35] = '-';
  put_hex(drawn.span | 1, &begun[36]);
  begun[52] = '-';
  begun[53] = begun[54] = '0';
  const bool passed = !parent_.empty() && !parent_twice_;
  out.put_field("traceparent", passed ? parent_ : std::string_view{begun.data(), begun.size()});
  for (std::size_t i = 0; passed && i < state_count_; ++i) out.put_field("tracestate", states_[i]);

  const std::string_view drawn_id{&begun[3], 32};
  out.put_field("X-Request-Id", request_id_.empty() ? drawn_id : request_id_);
}

}  // namespace foretide::balancer
