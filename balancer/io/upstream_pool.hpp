// A thread's connections to endpoints, and those of them that are idle: kept beside each endpoint
// (Endpoint::attached), newest used first, so that the rest can age and close.
//
// An idle connection is closed at once when the worker closes it or says something unasked, when
// its endpoint no longer takes requests or has moved, and after half a minute. What the worker has
// done is looked at before reuse: as the loop saw it where it has looked since the connection
// became idle, by a call of its own where it has not (one request in ten under full load). What
// comes in the microseconds after that nobody can know: the exchange deals with an end by sending
// again what may be sent again; a worker that answers twice can then be believed once.
//
// Bounds: the process has a budget of sockets to workers (socket_budget.hpp), a thread keeps so
// many idle ones at most, an endpoint 512. Where a socket is needed and none is to be had, neither
// from the budget nor from the system, the thread's longest idle one is closed for it; only without
// one of those is there none.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/io/socket_budget.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer {

class IdleConnections;
class UpstreamSockets;

class UpstreamConnection : public Stream {
 public:
  ~UpstreamConnection();
  const Address& address() const { return address_; }
  IoResult connect();

 private:
  friend class IdleConnections;
  friend class UpstreamSockets;
  UpstreamConnection(UpstreamSockets& sockets, Address address);

  UpstreamSockets& sockets_;
  Address address_;
  IdleConnections* idle_in_ = nullptr;
  UpstreamConnection* idle_longer_ = nullptr;  // the thread's order of idle ones
  UpstreamConnection* idle_shorter_ = nullptr;
  Timer idle_timer_;
  std::uint64_t idle_since_turn_ = 0;  // of the loop
};

// Those of one thread. Outlives them all.
class UpstreamSockets {
 public:
  struct Settings {
    std::shared_ptr<SocketBudget> budget;  // none: any number
    std::size_t idle_max = 10'000;
  };
  UpstreamSockets(EventLoop& loop, Settings settings);

  // Nothing when there is no socket left.
  std::unique_ptr<UpstreamConnection> connection_to(const Address& address);
  // False when there is no idle one.
  bool close_longest_idle();
  std::size_t idle() const { return idle_; }

 private:
  friend class UpstreamConnection;
  friend class IdleConnections;
  void make_room_for_idle();
  void is_idle(UpstreamConnection& connection);
  void is_not_idle(UpstreamConnection& connection);

  EventLoop& loop_;
  Settings settings_;
  UpstreamConnection* longest_ = nullptr;
  UpstreamConnection* shortest_ = nullptr;
  std::size_t idle_ = 0;
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
