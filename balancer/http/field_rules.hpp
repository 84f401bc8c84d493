// Small rules about header fields that requests and responses share: which fields concern one
// connection only, which framing values are acceptable, what a Host may look like.
//
// Framing is stricter than the RFC allows where programs differ: Content-Length is digits, once;
// Transfer-Encoding is the one word "chunked", once. Everything else is refused, never repaired.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "balancer/http/head_writer.hpp"
#include "common/ascii.hpp"

namespace foretide::balancer {

// How a body's end is known.
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

// Digits only, and it fits.
std::optional<std::uint64_t> length_in(std::string_view value);

inline constexpr std::size_t kHostMax = 261;  // a DNS name and a port
// RFC 9110 section 7.2: uri-host [":" port]; empty is allowed.
bool is_host(std::string_view value);

// What a Connection field says. `nominates` is set when it names fields: anything but close,
// keep-alive and upgrade (Upgrade is never copied, so that there is nothing to remove).
struct ConnectionWords {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool nominates = false;
};
// False when one of its words is none.
[[nodiscard]] bool read_connection(std::string_view value, ConnectionWords& words);

// Removes from a written head the fields whose names `unwanted` is true for; `fields_begin` is
// where the start line ends.
template <class Unwanted>
void remove_fields(HeadWriter& head, std::size_t fields_begin, Unwanted unwanted) {
  char* const begin = head.data();
  char* const end = begin + head.size();
  char* kept = begin + fields_begin;
  for (char* line = kept; line < end;) {
    char* const line_end = std::find(line, end, '\n') + 1;
    char* const colon = std::find(line, line_end, ':');
    if (!unwanted(std::string_view{line, static_cast<std::size_t>(colon - line)})) {
      kept = std::copy(line, line_end, kept);
    }
    line = line_end;
  }
  head.truncate(static_cast<std::size_t>(kept - begin));
}

// Removes from a written head the fields that the Connection fields among `fields` nominate (RFC
// 9110 section 7.6.1), except those that carry framing or routing, which are written by us and
// never at a sender's mercy. False when they nominate more than kNominatedMax: every one is
// compared with every field, so a list without a bound would be dear.
inline constexpr std::size_t kNominatedMax = 32;
[[nodiscard]] bool remove_nominated(HeadWriter& head, std::size_t fields_begin,
                                    std::string_view fields);

// One protocol as an Upgrade field names it (RFC 9110 section 7.8): name ["/" version]. A list is
// none: what was agreed on would be anybody's guess. Nor is h2c, which would let requests past all
// that is judged here.
bool is_one_protocol(std::string_view upgrade);

}  // namespace foretide::balancer
