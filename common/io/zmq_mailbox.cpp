#include "common/io/zmq_mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdint>
#include <utility>

namespace foretide {
namespace {

constexpr std::size_t kPeerMessagesMax = 1024;
constexpr std::size_t kPeerBytesMax = 16 * 1024 * 1024;

}  // namespace

Doorbell::Doorbell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(fd_ >= 0, "a program that cannot open one more descriptor cannot do its work");
}

Doorbell::~Doorbell() {
  ::close(fd_);
}

void Doorbell::ring() {
  const std::uint64_t one = 1;
  // It fails only when it is already ringing as loudly as it can.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Doorbell::hear() {
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto got = ::read(fd_, &rings, sizeof rings);
}

struct Inbox::Shared {
  ZmqClient::Callbacks callbacks;  // owner's thread only, as is `closed`
  bool closed = false;

  std::mutex mutex;
  std::vector<Item> items;
  std::unordered_map<std::string, Waiting> waiting;  // by peer key
  bool posted = false;
};

Inbox::Inbox(boost::asio::io_context& owner, ZmqClient::Callbacks callbacks)
    : owner_(owner), shared_(std::make_shared<Shared>()) {
  shared_->callbacks = std::move(callbacks);
}

Inbox::~Inbox() {
  shared_->closed = true;
}

bool Inbox::put(Arrival arrival) {
  {
    const std::lock_guard lock(shared_->mutex);
    Waiting& waiting = shared_->waiting[arrival.peer_key];
    if (arrival.lane == Lane::kTelemetry && waiting.telemetry_at > 0) {
      Item& older = shared_->items[waiting.telemetry_at - 1];
      waiting.bytes -= std::get<Arrival>(older).bytes.size();
      waiting.bytes += arrival.bytes.size();
      older = std::move(arrival);
      return true;
    }
    if (waiting.messages >= kPeerMessagesMax ||
        waiting.bytes + arrival.bytes.size() > kPeerBytesMax) {
      return false;
    }
    ++waiting.messages;
    waiting.bytes += arrival.bytes.size();
    if (arrival.lane == Lane::kTelemetry) waiting.telemetry_at = shared_->items.size() + 1;
  }
  put_item(std::move(arrival));
  return true;
}

void Inbox::put(LinkUp up) {
  put_item(std::move(up));
}

void Inbox::put(LinkDown down) {
  put_item(std::move(down));
}

void Inbox::put_item(Item item) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->items.push_back(std::move(item));
    if (std::exchange(shared_->posted, true)) return;
  }
  boost::asio::post(owner_, [shared = shared_] { deliver(shared); });
}

// A callback may destroy the channel, and with it the inbox: `closed` is looked at before each.
void Inbox::deliver(const std::shared_ptr<Shared>& shared) {
  std::vector<Item> items;
  {
    const std::lock_guard lock(shared->mutex);
    items.swap(shared->items);
    shared->waiting.clear();
    shared->posted = false;
  }
  const ZmqClient::Callbacks& call = shared->callbacks;
  for (Item& item : items) {
    if (shared->closed) return;
    if (auto* arrival = std::get_if<Arrival>(&item)) {
      if (call.on_arrival) call.on_arrival(std::move(*arrival));
    } else if (auto* up = std::get_if<LinkUp>(&item)) {
      if (call.on_connected) call.on_connected(std::move(up->local_address));
    } else if (auto* down = std::get_if<LinkDown>(&item)) {
      if (call.on_disconnected) call.on_disconnected(std::move(down->reason));
    }
  }
}

}  // namespace foretide
