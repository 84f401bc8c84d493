// Msgpack to values, trusting nothing. `read` fills a value and answers what is wrong, or nothing:
// a number that is negative or too large for its field, another type, an unknown value of an
// enumeration, a key that must be there and is not, a number that is not finite. The trail leads to
// the place ("workers[3].pid: is negative"). Duplicate keys and text that is not UTF-8 were refused
// before, for the whole tree (codec.cpp). Part of the codec; nothing else includes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/wire/enum_limits.hpp"
#include "common/wire/fields_balancer.hpp"
#include "common/wire/fields_node.hpp"
#include "common/wire/fields_session.hpp"
#include "common/wire/limits.hpp"

namespace foretide::wire {

// Empty when all is well, else what is wrong and where.
using Fault = std::string;

inline Fault fault_at(std::string_view place, const Fault& fault) {
  const bool deeper = fault.find(": ") != Fault::npos;
  return std::string(place) + (!deeper ? ": " : fault.starts_with('[') ? "" : ".") + fault;
}

inline std::string_view text_of(const msgpack::object& from) {
  return {from.via.str.ptr, from.via.str.size};
}

template <class T>
Fault read(const msgpack::object& from, T& into);
template <class Tag>
Fault read(const msgpack::object& from, Id<Tag>& into);
template <class T>
Fault read(const msgpack::object& from, std::vector<T>& into);
template <class Key, class T>
Fault read(const msgpack::object& from, std::map<Key, T>& into);
Fault read(const msgpack::object& from, std::string& into);
Fault read(const msgpack::object& from, bool& into);
Fault read(const msgpack::object& from, double& into);
Fault read(const msgpack::object& from, std::chrono::milliseconds& into);
Fault read(const msgpack::object& from, Stamp& into);
Fault read(const msgpack::object& from, Address& into);

// Walks the fields of one struct over one map; stops at the first fault.
class BodyReader {
 public:
  explicit BodyReader(const msgpack::object_map& from) : from_(from) {}

  template <class T>
  void required(const char* key, T& value) {
    if (const msgpack::object* found = find(key)) {
      take(key, *found, value);
    } else if (fault_.empty()) {
      fault_ = fault_at(key, "is missing");
    }
  }
  template <class T>
  void optional(const char* key, std::optional<T>& value) {
    if (const msgpack::object* found = find(key)) take(key, *found, value.emplace());
  }
  template <class T>
  void defaulted(const char* key, T& value, const T& otherwise = T{}) {
    value = otherwise;
    if (const msgpack::object* found = find(key)) take(key, *found, value);
  }
  const Fault& fault() const { return fault_; }

 private:
  template <class T>
  void take(const char* key, const msgpack::object& from, T& value) {
    if (!fault_.empty()) return;
    if (const Fault fault = read(from, value); !fault.empty()) fault_ = fault_at(key, fault);
  }
  const msgpack::object* find(std::string_view key) const {
    for (std::uint32_t i = 0; i < from_.size; ++i) {
      if (text_of(from_.ptr[i].key) == key) return &from_.ptr[i].val;
    }
    return nullptr;
  }

  const msgpack::object_map& from_;
  Fault fault_;
};

template <class Int>
Fault read_integer(const msgpack::object& from, Int& into) {
  if (from.type == msgpack::type::NEGATIVE_INTEGER && std::is_signed_v<Int>) {
    if (from.via.i64 < static_cast<std::int64_t>(std::numeric_limits<Int>::min())) {
      return "is too small";
    }
    into = static_cast<Int>(from.via.i64);
    return {};
  }
  if (from.type == msgpack::type::NEGATIVE_INTEGER) return "is negative";
  if (from.type != msgpack::type::POSITIVE_INTEGER) return "is no whole number";
  if (from.via.u64 > static_cast<std::uint64_t>(std::numeric_limits<Int>::max())) {
    return "is too large";
  }
  into = static_cast<Int>(from.via.u64);
  return {};
}

template <class Enum>
Fault read_enum(const msgpack::object& from, Enum& into) {
  std::uint8_t number = 0;
  if (const Fault fault = read_integer(from, number); !fault.empty()) return fault;
  if (number < static_cast<std::uint8_t>(EnumRange<Enum>::first) ||
      number > static_cast<std::uint8_t>(EnumRange<Enum>::last)) {
    return "has the unknown value " + std::to_string(number);
  }
  into = static_cast<Enum>(number);
  return {};
}

// Whole numbers, enumerations, and every struct that has `fields`.
template <class T>
Fault read(const msgpack::object& from, T& into) {
  if constexpr (std::is_enum_v<T>) {
    return read_enum(from, into);
  } else if constexpr (std::is_integral_v<T>) {
    return read_integer(from, into);
  } else {
    if (from.type != msgpack::type::MAP) return "is no map";
    BodyReader reader(from.via.map);
    fields(reader, into);
    return reader.fault();
  }
}

template <class Tag>
Fault read(const msgpack::object& from, Id<Tag>& into) {
  return read(from, into.text);
}

template <class T>
Fault read(const msgpack::object& from, std::vector<T>& into) {
  if (from.type != msgpack::type::ARRAY) return "is no array";
  into.resize(from.via.array.size);
  for (std::uint32_t i = 0; i < from.via.array.size; ++i) {
    if (const Fault fault = read(from.via.array.ptr[i], into[i]); !fault.empty()) {
      return fault_at("[" + std::to_string(i) + "]", fault);
    }
  }
  return {};
}

template <class Key, class T>
Fault read(const msgpack::object& from, std::map<Key, T>& into) {
  if (from.type != msgpack::type::MAP) return "is no map";
  for (std::uint32_t i = 0; i < from.via.map.size; ++i) {
    const msgpack::object_kv& entry = from.via.map.ptr[i];
    Key key;
    if (const Fault fault = read(entry.key, key); !fault.empty()) return fault;
    if (const Fault fault = read(entry.val, into[key]); !fault.empty()) {
      return fault_at("[" + std::string(text_of(entry.key)) + "]", fault);
    }
  }
  return {};
}

}  // namespace foretide::wire
