// The keys of the messages that open a session, of enrolment, and of the values that all messages
// share.
//
// Each `fields` names every field of one struct once; the writer and the reader both walk it, so
// that they cannot drift apart. `required` is always sent and must be there; `optional` is sent
// when it is known; `defaulted` is sent unless it is empty (or false, or zero, or the value given
// as its default), and absent it is that. A field that a later version adds is optional or
// defaulted. Keys are one or two letters, unique within their struct, and never reused for
// something else.
#pragma once

#include <concepts>
#include <type_traits>

#include "common/wire/messages.hpp"

namespace foretide::wire {

// T, const or not: the writer walks constants, the reader fills.
template <class T, class Struct>
concept Like = std::same_as<std::remove_const_t<T>, Struct>;

void fields(auto& f, Like<Hello> auto& m) {
  f.required("r", m.role);
  f.required("n", m.name);
  f.required("v", m.version);
  f.required("b", m.boot_id);
  f.required("e", m.highest_epoch);
  f.defaulted("a", m.address);
  f.required("c", m.cpus);
  f.required("m", m.memory_bytes);
  f.defaulted("t", m.traffic);
}

void fields(auto& f, Like<Welcome> auto& m) {
  f.required("n", m.name);
  f.required("e", m.epoch);
  f.defaulted("i", m.introduce);
}

void fields(auto& f, Like<Refusal> auto& m) {
  f.required("x", m.reason);
  f.required("f", m.final);
}

void fields(auto& f, Like<Enrol> auto& m) {
  f.required("r", m.role);
  f.required("n", m.name);
  f.required("k", m.public_key);
}

void fields(auto& f, Like<Enrolled> auto& m) {
  f.required("n", m.name);
  f.required("c", m.control);
  f.required("t", m.telemetry);
}

}  // namespace foretide::wire
