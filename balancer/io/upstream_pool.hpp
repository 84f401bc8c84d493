// Idle keep-alive connections to endpoints, kept beside each endpoint (Endpoint::attached), newest
// used first, so that the rest can age and close.
//
// An idle connection is closed at once when the worker closes it or says something unasked, when
// its endpoint no longer takes requests or has moved, and after half a minute. What the worker has
// done is looked at before reuse: as the loop saw it where it has looked since the connection
// became idle, by a call of its own where it has not (one request in ten under full load). What
// comes in the microseconds after that nobody can know: the exchange deals with an end by sending
// again what may be sent again; a worker that answers twice can then be believed once.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer {

class IdleConnections;

class UpstreamConnection : public Stream {
 public:
  UpstreamConnection(EventLoop& loop, Address address);
  const Address& address() const { return address_; }
  IoResult connect() { return Stream::connect(address_); }

 private:
  friend class IdleConnections;
  Address address_;
  IdleConnections* idle_in_ = nullptr;
  Timer idle_timer_;
  std::uint64_t idle_since_turn_ = 0;  // of the loop
};

// Nothing when there is none. `probe` asks the socket itself whether the worker has closed it,
// which costs a system call: for requests that must not be sent twice.
enum class Probe : bool { kNo, kYes };
std::unique_ptr<UpstreamConnection> take_idle(const EventLoop& loop, Endpoint& endpoint,
                                              Probe probe);

// Closes it instead where the endpoint takes no more requests, has moved, or has enough idle ones.
void give_idle(EventLoop& loop, Endpoint& endpoint, std::unique_ptr<UpstreamConnection> connection);

void close_idle(Endpoint& endpoint);
std::size_t idle_count(const Endpoint& endpoint);

}  // namespace foretide::balancer
