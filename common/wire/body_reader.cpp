#include "common/wire/body_reader.hpp"

#include <cmath>

namespace foretide::wire {

Fault read(const msgpack::object& from, std::string& into) {
  if (from.type != msgpack::type::STR) return "is no text";
  into = text_of(from);
  return {};
}

Fault read(const msgpack::object& from, bool& into) {
  if (from.type != msgpack::type::BOOLEAN) return "is neither true nor false";
  into = from.via.boolean;
  return {};
}

// Everything that travels as a fraction is an amount: cores, seconds, shares. None is below zero.
// The packer writes 2.0 as the whole number 2, which takes one byte instead of nine.
Fault read(const msgpack::object& from, double& into) {
  if (from.type == msgpack::type::NEGATIVE_INTEGER) return "is negative";
  if (from.type == msgpack::type::POSITIVE_INTEGER) {
    into = static_cast<double>(from.via.u64);
    return {};
  }
  if (from.type != msgpack::type::FLOAT64 && from.type != msgpack::type::FLOAT32) {
    return "is no number";
  }
  if (!std::isfinite(from.via.f64)) return "is not finite";
  if (from.via.f64 < 0.0) return "is negative";
  into = from.via.f64;
  return {};
}

Fault read(const msgpack::object& from, std::chrono::milliseconds& into) {
  std::uint64_t count = 0;
  if (const Fault fault = read_integer(from, count); !fault.empty()) return fault;
  if (count > static_cast<std::uint64_t>(kDurationMax.count())) return "is too long";
  into = std::chrono::milliseconds{count};
  return {};
}

namespace {

// Stamps and addresses are pairs and will stay pairs.
bool is_pair(const msgpack::object& from) {
  return from.type == msgpack::type::ARRAY && from.via.array.size == 2;
}

}  // namespace

Fault read(const msgpack::object& from, Stamp& into) {
  if (!is_pair(from)) return "is no stamp";
  if (const Fault fault = read(from.via.array.ptr[0], into.epoch); !fault.empty()) return fault;
  return read(from.via.array.ptr[1], into.revision);
}

Fault read(const msgpack::object& from, Address& into) {
  if (!is_pair(from)) return "is no address";
  if (const Fault fault = read(from.via.array.ptr[0], into.host); !fault.empty()) return fault;
  return read(from.via.array.ptr[1], into.port);
}

}  // namespace foretide::wire
