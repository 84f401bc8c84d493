// What the proxy's tests play with: plain blocking sockets for a client and a worker, and a traffic
// thread of the balancer between them. A test speaks both parts itself, byte by byte, so it decides
// who does what first.
//
// Every wait has an end (kPatience); a socket that has nothing to say by then fails the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "balancer/io/front.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/address.hpp"

namespace foretide::balancer {

inline constexpr std::chrono::seconds kPatience{10};

// One end of a connection, as what it hears is read.
class Peer {
 public:
  // Everything up to and including `end`.
  std::string receive_until(std::string_view end);
  std::string receive(std::size_t size);
  // A head and as much as its Content-Length says.
  std::string receive_message();

 protected:
  Peer() = default;
  Peer(Peer&&) = default;
  Peer& operator=(Peer&&) = default;
  ~Peer() = default;
  // Waits for more of `unread_`; false when nothing comes any more.
  virtual bool fill() = 0;

  std::string unread_;
};

class RawSocket final : public Peer {
 public:
  explicit RawSocket(int fd = -1);
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&& other) noexcept;
  ~RawSocket() { close(); }
  static RawSocket connected_to(const Address& address);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void send(std::string_view bytes);
  // Sends what the other side takes without waiting, again and again until it takes nothing for a
  // while.
  std::size_t send_until_blocked(std::size_t most, std::string_view again_and_again = "x");
  // All until the end; "(reset)" is added when it is a reset.
  std::string receive_all();
  // Nothing comes within a moment. For what must not happen: it cannot prove it, but breaks if it
  // does.
  bool stays_silent();
  // What has arrived and was not received yet.
  std::size_t bytes_waiting() const;
  // How many segments with data have arrived so far.
  std::uint32_t segments() const;
  bool has_ended() { return receive_all().empty(); }
  void end_writing();
  void wait_for_ever() { patient_ = true; }
  void close();
  void reset();

 private:
  bool fill() override;
  int fd_;
  bool was_reset_ = false;
  bool patient_ = false;
};

class RawServer {
 public:
  explicit RawServer(std::uint16_t port = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  const Address& address() const { return address_; }
  int fd() const { return fd_; }
  RawSocket accept();
  RawSocket accept_some_time();  // waits for ever
  bool nobody_calls();

 private:
  int fd_;
  Address address_;
};

// A port on which nothing listens.
Address closed_address();

// An address at which connections are neither accepted nor refused: a host that is off.
class SilentAddress {
 public:
  SilentAddress();
  ~SilentAddress();
  SilentAddress(const SilentAddress&) = delete;
  const Address& address() const { return address_; }
  // From now on it connects whoever calls again.
  void let_in();

 private:
  int fd_;
  Address address_;
  std::vector<int> waiting_;  // fill its queue
};

wire::Endpoint endpoint_at(const std::string& id, const Address& address,
                           wire::EndpointState state = wire::EndpointState::kActive);

enum class Routes : std::uint8_t {
  kAtOnce,
  kNone,  // until route()
};

inline TrafficThread::Settings with_front(Front front) {
  return {.front = std::make_shared<const Front>(std::move(front))};
}

// One traffic thread that serves the service "web".
class Proxy {
 public:
  explicit Proxy(TrafficThread::Settings settings = {}, Routes routes = Routes::kAtOnce);
  ~Proxy();

  RawSocket client() { return RawSocket::connected_to(address_); }
  const Address& address() const { return address_; }
  // Another address of the proxy's, where clients speak TLS.
  Address listen_for_tls(std::shared_ptr<const TlsServer> tls);
  void route();  // everything to "web"
  // The next table of "web", applied when it returns.
  Applied apply(std::vector<wire::Endpoint> endpoints, const EndpointTls& tls = {});
  wire::ServiceTraffic traffic();
  // Until `condition` holds of the traffic.
  bool wait_until(const std::function<bool(const wire::ServiceTraffic&)>& condition);
  // Runs it on the traffic thread.
  template <class Call>
  auto on_thread(Call call) -> decltype(call(std::declval<TrafficThread&>())) {
    std::promise<decltype(call(thread_))> done;
    thread_.loop().post([&] { done.set_value(call(thread_)); });
    return done.get_future().get();
  }

  wire::TrafficPolicy policy;

 private:
  TrafficThread thread_;
  Address address_;
  std::shared_ptr<ServiceShare> share_ = std::make_shared<ServiceShare>();
  std::uint64_t revision_ = 0;
  std::thread running_;
};

// "GET /path" for any host.
std::string get(std::string_view path = "/", std::string_view fields = "");
std::string ok(std::string_view body);

// A worker that the test plays, behind a proxy that knows it or not.
class WorkerBehindProxy : public testing::Test {
 protected:
  explicit WorkerBehindProxy(TrafficThread::Settings settings = {}) : proxy(std::move(settings)) {}
  void serve(RawSocket& upstream, std::string_view body) {
    upstream.receive_message();
    upstream.send(ok(body));
  }
  bool held(std::uint32_t count) {
    return proxy.wait_until([&](const auto& traffic) { return traffic.held == count; });
  }

  RawServer worker;
  Proxy proxy;
};

}  // namespace foretide::balancer
