// One of a client's two connections: a DEALER and the monitor that tells what becomes of it.
//
// libzmq connects again by itself after a refused or lost connection, but gives up for good after a
// failed handshake; the link then closes the socket and opens a new one after a back-off of its
// own, so that a node whose key is added later gets in without a restart. A link that hears nothing
// from its monitor for 15 s although it is not connected does the same. Used by the client's thread
// alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/io/zmq_channel.hpp"

namespace foretide {

// Up: `text` is this host's address; down: the reason, in words.
struct LinkChange {
  bool up = false;
  std::string text;
};

class Link {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Link(zmq::context_t& context, const ZmqClient::Settings& settings, Lane lane,
       std::chrono::milliseconds base);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Both are invalid (a null handle) while the link waits to open again.
  zmq::socket_t& socket() { return socket_; }
  zmq::socket_t& monitor() { return monitor_; }
  bool connected() const { return connected_; }

  // What the monitor tells, in order; call it when the monitor is readable.
  std::vector<LinkChange> take_events(Time now);
  // Opens, or opens again, when it is time; answers how long it can be left alone.
  std::chrono::milliseconds tend(Time now);

 private:
  void open(Time now);
  void close();
  void close_until_later(Time now);
  void note(std::uint16_t event, std::uint32_t value, Time now, std::vector<LinkChange>& changes);
  void tell_once(std::string reason, std::vector<LinkChange>& changes);
  void remember_local_address(int fd);
  std::string unreachable(Time now);

  zmq::context_t& context_;
  const ZmqClient::Settings& settings_;
  Lane lane_;
  std::chrono::milliseconds base_;
  zmq::socket_t socket_, monitor_;
  bool connected_ = false;
  bool told_ = false;  // why the present try failed
  std::string local_address_;
  std::chrono::milliseconds backoff_;
  Time open_at_{};
  Time heard_at_{};
  Time dialled_at_{};
  std::string dialled_;
};

}  // namespace foretide
