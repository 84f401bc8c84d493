// The two hand-overs between the ZeroMQ thread and its owner: an eventfd that wakes the thread, and
// an inbox that brings what arrived to the owner's io_context, in order, in batches.
//
// The inbox is bounded for each peer, so that one that floods loses its own messages and nobody
// else's; of a peer's telemetry only the newest waits, since it is cumulative. It outlives whoever
// posts into it: after close() nothing is delivered, even when a hand-over was already posted.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "common/io/zmq_channel.hpp"

namespace foretide {

class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  void ring();  // any thread
  void hear();  // the thread that polls fd(): makes it quiet again
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct LinkUp {
  std::string local_address;
};
struct LinkDown {
  std::string reason;
};

class Inbox {
 public:
  Inbox(boost::asio::io_context& owner, ZmqClient::Callbacks callbacks);
  ~Inbox();  // owner's thread; closes
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // From the ZeroMQ thread. False: the message was dropped, this peer has too much waiting.
  bool put(Arrival arrival);
  void put(LinkUp up);
  void put(LinkDown down);

 private:
  using Item = std::variant<Arrival, LinkUp, LinkDown>;
  struct Waiting {
    std::size_t messages = 0, bytes = 0;
    std::size_t telemetry_at = 0;  // place of its newest telemetry in `items`, plus one
  };
  struct Shared;
  static void deliver(const std::shared_ptr<Shared>& shared);
  void put_item(Item item);

  boost::asio::io_context& owner_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace foretide
