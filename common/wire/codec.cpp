#include "common/wire/codec.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <vector>

#include "common/wire/body_reader.hpp"
#include "common/wire/body_writer.hpp"

namespace foretide::wire {
namespace {

constexpr std::uint32_t kEnvelopeItems = 8;  // the body is the eighth

// What a message is called on the wire, and in errors. Numbers are never reused.
template <class T>
struct Kind;
template <>
struct Kind<Hello> {
  static constexpr std::uint8_t number = 1;
  static constexpr const char* name = "Hello";
};
template <>
struct Kind<Welcome> {
  static constexpr std::uint8_t number = 2;
  static constexpr const char* name = "Welcome";
};
template <>
struct Kind<Refusal> {
  static constexpr std::uint8_t number = 3;
  static constexpr const char* name = "Refusal";
};
template <>
struct Kind<Enrol> {
  static constexpr std::uint8_t number = 4;
  static constexpr const char* name = "Enrol";
};
template <>
struct Kind<Enrolled> {
  static constexpr std::uint8_t number = 5;
  static constexpr const char* name = "Enrolled";
};
template <>
struct Kind<NodeReport> {
  static constexpr std::uint8_t number = 10;
  static constexpr const char* name = "NodeReport";
};
template <>
struct Kind<DesiredSet> {
  static constexpr std::uint8_t number = 11;
  static constexpr const char* name = "DesiredSet";
};
template <>
struct Kind<NodeSample> {
  static constexpr std::uint8_t number = 12;
  static constexpr const char* name = "NodeSample";
};
template <>
struct Kind<ServiceTable> {
  static constexpr std::uint8_t number = 20;
  static constexpr const char* name = "ServiceTable";
};
template <>
struct Kind<MatchTable> {
  static constexpr std::uint8_t number = 21;
  static constexpr const char* name = "MatchTable";
};
template <>
struct Kind<TableAck> {
  static constexpr std::uint8_t number = 22;
  static constexpr const char* name = "TableAck";
};
template <>
struct Kind<TrafficReport> {
  static constexpr std::uint8_t number = 23;
  static constexpr const char* name = "TrafficReport";
};

// Reads the body as the alternative of Body whose number `type` is.
template <std::size_t Index = 0>
Fault read_body(std::uint8_t type, const msgpack::object& from, Body& into) {
  if constexpr (Index == std::variant_size_v<Body>) {
    return "the message type " + std::to_string(type) + " is unknown";
  } else {
    using Candidate = std::variant_alternative_t<Index, Body>;
    if (type != Kind<Candidate>::number) return read_body<Index + 1>(type, from, into);
    const Fault fault = read(from, into.emplace<Candidate>());
    return fault.empty() ? fault : std::string(Kind<Candidate>::name) + " " + fault;
  }
}

Fault fault_in(const msgpack::object& tree);

Fault fault_in_map(const msgpack::object_map& map) {
  std::vector<std::string_view> keys;
  keys.reserve(map.size);
  for (std::uint32_t i = 0; i < map.size; ++i) {
    if (map.ptr[i].key.type != msgpack::type::STR) return "a key is no text";
    if (const Fault fault = fault_in(map.ptr[i].key); !fault.empty()) return fault;
    if (const Fault fault = fault_in(map.ptr[i].val); !fault.empty()) return fault;
    keys.push_back(text_of(map.ptr[i].key));
  }
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  return twice == keys.end() ? Fault{} : "the key '" + std::string(*twice) + "' comes twice";
}

// What no message may hold anywhere, not even under a key that this version does not know. The
// depth is bounded by the unpacker.
Fault fault_in(const msgpack::object& tree) {
  switch (tree.type) {
    case msgpack::type::STR:
      return is_utf8(text_of(tree)) ? Fault{} : "a text is not UTF-8";
    case msgpack::type::EXT:
      return "an extension type is not understood";
    case msgpack::type::MAP:
      return fault_in_map(tree.via.map);
    case msgpack::type::ARRAY:
      for (std::uint32_t i = 0; i < tree.via.array.size; ++i) {
        if (const Fault fault = fault_in(tree.via.array.ptr[i]); !fault.empty()) return fault;
      }
      return {};
    default:
      return {};
  }
}

Fault read_envelope(const msgpack::object_array& items, Envelope& into) {
  if (Fault fault = read(items.ptr[2], into.epoch); !fault.empty()) return "epoch " + fault;
  if (Fault fault = read(items.ptr[3], into.revision); !fault.empty()) return "revision " + fault;
  if (Fault fault = read(items.ptr[4], into.session); !fault.empty()) return "session " + fault;
  if (Fault fault = read(items.ptr[5], into.sequence); !fault.empty()) return "sequence " + fault;
  if (Fault fault = read(items.ptr[6], into.sent_at_ms); !fault.empty()) return "sent_at " + fault;
  return {};
}

// The next version may append to the envelope; the one after it may change what it likes.
Fault read_message(const msgpack::object& tree, Message& into) {
  if (tree.type != msgpack::type::ARRAY || tree.via.array.size < kEnvelopeItems) {
    return "it is no envelope";
  }
  const msgpack::object_array& items = tree.via.array;
  std::uint32_t version = 0;
  if (Fault fault = read(items.ptr[0], version); !fault.empty()) return "version " + fault;
  if (version == 0 || version > kVersion + 1) {
    return "it speaks version " + std::to_string(version) +
           " of the protocol, this program speaks " + std::to_string(kVersion);
  }
  if (version <= kVersion && items.size != kEnvelopeItems) return "its envelope is too long";
  std::uint8_t type = 0;
  if (Fault fault = read(items.ptr[1], type); !fault.empty()) return "type " + fault;
  if (Fault fault = fault_in(tree); !fault.empty()) return fault;
  if (Fault fault = read_envelope(items, into.envelope); !fault.empty()) return fault;
  return read_body(type, items.ptr[7], into.body);
}

msgpack::unpack_limit limits() {
  return {kArrayItemsMax, kMapKeysMax, kStringBytesMax, kStringBytesMax, 0, kDepthMax};
}

bool keep_in_place(msgpack::type::object_type, std::size_t, void*) {
  return true;
}

}  // namespace

std::string encode(const Message& message) {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> out(buffer);
  BodyWriter writer(out);
  out.pack_array(kEnvelopeItems);
  out.pack(kVersion);
  std::visit([&](const auto& body) { out.pack(Kind<std::decay_t<decltype(body)>>::number); },
             message.body);
  writer.write(message.envelope.epoch);
  writer.write(message.envelope.revision);
  writer.write(message.envelope.session);
  writer.write(message.envelope.sequence);
  writer.write(message.envelope.sent_at_ms);
  std::visit([&](const auto& body) { writer.write(body); }, message.body);
  return {buffer.data(), buffer.size()};
}

Result<Message> decode(std::span<const char> bytes) {
  try {
    std::size_t end = 0;
    bool referenced = false;
    const msgpack::object_handle tree = msgpack::unpack(bytes.data(), bytes.size(), end, referenced,
                                                        keep_in_place, nullptr, limits());
    if (end != bytes.size()) return Error{"a message was dropped: bytes follow its end"};
    Message message;
    const Fault fault = read_message(tree.get(), message);
    if (!fault.empty()) return Error{"a message was dropped: " + fault};
    return message;
  } catch (const std::exception& problem) {
    return Error{std::string("a message was dropped: it is no msgpack within the limits (") +
                 problem.what() + ")"};
  }
}

}  // namespace foretide::wire
