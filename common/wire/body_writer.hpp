// Values to msgpack. Walks a struct's `fields` twice: once to count the keys that will be sent,
// which a msgpack map must say first, and once to write them. Text that is not UTF-8 (a worker's
// last words may be anything) is mended on the way out, so that what arrives is always text. Part
// of the codec; nothing else includes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "common/utf8.hpp"
#include "common/wire/fields_balancer.hpp"
#include "common/wire/fields_node.hpp"
#include "common/wire/fields_session.hpp"

namespace foretide::wire {

// Counts the keys that a struct will send.
struct KeyCount {
  std::uint32_t keys = 0;

  template <class T>
  void required(const char*, const T&) {
    ++keys;
  }
  template <class T>
  void optional(const char*, const std::optional<T>& value) {
    keys += value ? 1 : 0;
  }
  template <class T>
  void defaulted(const char*, const T& value, const T& otherwise = T{}) {
    keys += value == otherwise ? 0 : 1;
  }
};

class BodyWriter {
 public:
  explicit BodyWriter(msgpack::packer<msgpack::sbuffer>& out) : out_(out) {}

  template <class T>
  void required(const char* key, const T& value) {
    write_text(key);
    write(value);
  }
  template <class T>
  void optional(const char* key, const std::optional<T>& value) {
    if (value) required(key, *value);
  }
  template <class T>
  void defaulted(const char* key, const T& value, const T& otherwise = T{}) {
    if (!(value == otherwise)) required(key, value);
  }

  template <class T>
  void write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      out_.pack(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      out_.pack(value);
    } else {
      KeyCount count;
      fields(count, value);
      out_.pack_map(count.keys);
      fields(*this, value);
    }
  }
  void write(const std::string& text) { write_text(text); }
  template <class Tag>
  void write(const Id<Tag>& id) {
    write_text(id.text);
  }
  void write(const std::chrono::milliseconds& duration) { out_.pack(duration.count()); }
  void write(const Stamp& stamp) {
    out_.pack_array(2);
    out_.pack(stamp.epoch);
    out_.pack(stamp.revision);
  }
  void write(const Address& address) {
    out_.pack_array(2);
    write_text(address.host);
    out_.pack(address.port);
  }
  template <class T>
  void write(const std::vector<T>& items) {
    out_.pack_array(static_cast<std::uint32_t>(items.size()));
    for (const T& item : items) write(item);
  }
  template <class Key, class T>
  void write(const std::map<Key, T>& entries) {
    out_.pack_map(static_cast<std::uint32_t>(entries.size()));
    for (const auto& [key, value] : entries) {
      write(key);
      write(value);
    }
  }

 private:
  void write_text(std::string_view text) {
    if (is_utf8(text)) {
      write_bytes(text);
    } else {
      write_bytes(mended_utf8(text));
    }
  }
  void write_bytes(std::string_view text) {
    out_.pack_str(static_cast<std::uint32_t>(text.size()));
    out_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
  }

  msgpack::packer<msgpack::sbuffer>& out_;
};

}  // namespace foretide::wire
