// Messages to bytes and back. Only `codec.cpp`, `body_writer` and `body_reader` beside it see
// msgpack.
//
// A message is a msgpack array of eight: version, type, epoch, revision, session, sequence,
// sent_at, and the body as a map with short keys. (The array is the envelope; the body is its last
// element.) Unknown keys are skipped and keys are never reused, so version N talks to N-1; absent
// optionals are not sent. Decoding trusts nothing: sizes, depth, duplicate keys, trailing bytes,
// NaN and infinities, negative counters and unknown types are each a clear Error, and never an
// exception or more memory than `limits.hpp` allows. Golden files in tests/fixtures/wire hold the
// bytes of every message type.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/wire/messages.hpp"

namespace foretide::wire {

inline constexpr std::uint32_t kVersion = 1;

// How errors end that tell of a number that none of ours can be.
inline constexpr std::string_view kNotFinite = "is not finite", kNegative = "is negative";

std::string encode(const Message& message);
Result<Message> decode(std::span<const char> bytes);

}  // namespace foretide::wire
