// The first and last value of every enumeration that travels, so that a number from the wire is
// only taken when it is one of them. A newer peer's unknown value is an Error of that message, not
// a guess.
#pragma once

#include "common/wire/messages.hpp"

namespace foretide::wire {

template <class Enum>
struct EnumRange;

template <>
struct EnumRange<Role> {
  static constexpr Role first = Role::kAgent, last = Role::kBalancer;
};
template <>
struct EnumRange<WorkerPhase> {
  static constexpr WorkerPhase first = WorkerPhase::kStarting, last = WorkerPhase::kRefused;
};
template <>
struct EnumRange<WorkerOrder> {
  static constexpr WorkerOrder first = WorkerOrder::kRun, last = WorkerOrder::kStop;
};
template <>
struct EnumRange<EndpointState> {
  static constexpr EndpointState first = EndpointState::kActive, last = EndpointState::kGone;
};
template <>
struct EnumRange<TrafficPolicy::Balance> {
  static constexpr TrafficPolicy::Balance first = TrafficPolicy::Balance::kLeastLoad,
                                          last = TrafficPolicy::Balance::kPrefixAffinity;
};
template <>
struct EnumRange<TrafficPolicy::QueueOrder> {
  static constexpr TrafficPolicy::QueueOrder first = TrafficPolicy::QueueOrder::kFifo,
                                             last = TrafficPolicy::QueueOrder::kFair;
};
template <>
struct EnumRange<KeySource::Kind> {
  static constexpr KeySource::Kind first = KeySource::Kind::kNone, last = KeySource::Kind::kAddress;
};
template <>
struct EnumRange<ProbeSpec::Kind> {
  static constexpr ProbeSpec::Kind first = ProbeSpec::Kind::kTcp, last = ProbeSpec::Kind::kHttp;
};

}  // namespace foretide::wire
