// The sockets around the proxy under test: clients towards it, and the upstream that it sends to.
// All are non-blocking and looked at by one poll, so one thread plays every part.
//
// Nothing here sleeps: a wait ends when what was waited for is there, or with the patience, which
// is a failure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/message.hpp"

namespace foretide::conformance {

class Connection {
 public:
  explicit Connection(int fd);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Waits for room, up to `patience`; a peer that has closed is no error here, it is seen later.
  void send(std::string_view bytes, std::chrono::milliseconds patience);
  void end_writing();
  void reset_on_close();
  void read_what_is_there();
  int fd() const { return fd_; }

  std::string unread;
  Ended ended = Ended::kNot;
  bool in_request = false;  // the case has seen the head of one whose body is still to come

 private:
  int fd_;
};

class Stage {
 public:
  // Listens as the upstream, on loopback; port 0 lets the kernel choose.
  explicit Stage(std::uint16_t upstream_port, std::chrono::milliseconds patience);
  ~Stage();
  std::uint16_t upstream_port() const { return upstream_port_; }
  void proxy_is(const std::string& host, std::uint16_t port);

  // A client of the proxy; empty when it cannot be reached.
  std::unique_ptr<Connection> connect_client() const;
  std::vector<std::unique_ptr<Connection>>& upstream() { return upstream_; }
  std::chrono::milliseconds patience() const { return patience_; }

  // Reads until `done` says so. False when the patience ended first.
  bool wait_until(Connection* client, const std::function<bool()>& done);
  // Ends every upstream connection and waits until the proxy has noticed, so that the next case
  // finds none.
  void clear_upstream();

 private:
  void look(Connection* client, std::chrono::milliseconds most);

  int listener_;
  std::uint16_t upstream_port_ = 0;
  std::string host_;
  std::uint16_t port_ = 0;
  std::chrono::milliseconds patience_;
  std::vector<std::unique_ptr<Connection>> upstream_;
};

}  // namespace foretide::conformance
