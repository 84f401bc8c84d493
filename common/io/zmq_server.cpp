#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "common/io/zmq_channel.hpp"
#include "common/io/zmq_mailbox.hpp"
#include "common/io/zmq_sockets.hpp"
#include "common/io/zmq_zap.hpp"
#include "common/wire/limits.hpp"

namespace foretide {
namespace {

constexpr std::size_t kOutboxBytesMax = 64 * 1024 * 1024;
constexpr int kReadsPerTurn = 256;  // of one socket, before the others get their turn

struct Outgoing {
  std::string peer_key;
  std::uint64_t connection = 0;  // 0: the newest
  std::string bytes;
};

// libzmq names a connection by a zero byte and a 32-bit number, big-endian, that grows by one from
// a random start. A peer may choose a name of its own instead; such a peer is not listened to, so
// that nobody ever answers to a name that meant somebody else. As `connection` the number is one
// higher, so that it is never 0.
std::uint64_t connection_of(const zmq::message_t& id) {
  const auto* bytes = static_cast<const unsigned char*>(id.data());
  if (id.size() != 5 || bytes[0] != 0) return 0;
  const std::uint32_t number = std::uint32_t{bytes[1]} << 24 | std::uint32_t{bytes[2]} << 16 |
                               std::uint32_t{bytes[3]} << 8 | std::uint32_t{bytes[4]};
  return std::uint64_t{number} + 1;
}

std::array<unsigned char, 5> routing_id_of(std::uint64_t connection) {
  const auto number = static_cast<std::uint32_t>(connection - 1);
  return {0, static_cast<unsigned char>(number >> 24), static_cast<unsigned char>(number >> 16),
          static_cast<unsigned char>(number >> 8), static_cast<unsigned char>(number)};
}

// The numbers go round: newer is what lies less than half a circle ahead.
bool is_newer(std::uint64_t connection, std::uint64_t than) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(connection) -
                                   static_cast<std::uint32_t>(than)) > 0;
}

std::string property(zmq::message_t& message, const char* name) {
  const char* value = zmq_msg_gets(message.handle(), name);
  return value == nullptr ? std::string{} : std::string(value);
}

std::string bind_trouble(const Address& address, const zmq::error_t& problem) {
  const std::string at = "cannot listen on " + address.text() + ": ";
  switch (problem.num()) {
    case EADDRINUSE:
      return at + "the address is in use by another program";
    case EACCES:
      return at + "permission denied (ports below 1024 need a privilege)";
    case ENODEV:
    case EINVAL:
    case EADDRNOTAVAIL:
      return at + "this host has no such address";
    default:
      return at + problem.what();
  }
}

}  // namespace

struct ZmqServer::Thread {
  Thread(boost::asio::io_context& owner, OnArrival to_call)
      : on_arrival(std::move(to_call)),
        inbox(owner, {.on_arrival = [this](Arrival arrival) { deliver(std::move(arrival)); }}) {}

  // The owner's thread. The ZeroMQ thread checks the list too, but may have read a message a moment
  // before it heard of a new one: what the owner has taken off is not brought to it after allow()
  // returned.
  void deliver(Arrival arrival) {
    if (!allowed.contains(arrival.peer_key)) {
      ++dropped;
      return;
    }
    const OnArrival call = on_arrival;  // may end the server, and this with it
    call(std::move(arrival));
  }
  std::unordered_set<std::string> allowed;
  OnArrival on_arrival;

  // The thread.
  void run();
  void take_commands();
  void receive(zmq::socket_t& socket, Lane lane);
  bool receive_one(zmq::socket_t& socket, Lane lane);
  void send(const Outgoing& outgoing);

  // Owned by the thread once it runs.
  zmq::context_t context{1};
  std::unique_ptr<Gatekeeper> gatekeeper;
  zmq::socket_t control, telemetry;
  std::unordered_map<std::string, std::uint64_t> routes;  // key -> its newest control connection

  // Shared.
  Inbox inbox;
  Doorbell bell;
  std::mutex mutex;
  std::vector<Outgoing> outbox;
  std::size_t outbox_bytes = 0;
  std::optional<std::unordered_set<std::string>> new_list;
  bool stopping = false;
  std::atomic<std::uint64_t> received{0}, sent{0}, dropped{0}, refused{0};

  Address bound_control, bound_telemetry;
  std::thread thread;
};

void ZmqServer::Thread::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (true) {
    std::array<zmq::pollitem_t, 4> items{{{nullptr, bell.fd(), ZMQ_POLLIN, 0},
                                          {control.handle(), 0, ZMQ_POLLIN, 0},
                                          {telemetry.handle(), 0, ZMQ_POLLIN, 0},
                                          {gatekeeper->socket().handle(), 0, ZMQ_POLLIN, 0}}};
    const int count = gatekeeper->is_open() ? 4 : 3;
    if (zmq_poll(items.data(), count, -1) < 0) continue;  // EINTR
    if (items[0].revents != 0) {
      bell.hear();
      take_commands();
      const std::lock_guard lock(mutex);
      if (stopping) break;
    }
    if (count == 4 && items[3].revents != 0 && gatekeeper->answer()) ++refused;
    if (items[1].revents != 0) receive(control, Lane::kControl);
    if (items[2].revents != 0) receive(telemetry, Lane::kTelemetry);
  }
  control.close();
  telemetry.close();
  gatekeeper.reset();
}

void ZmqServer::Thread::take_commands() {
  std::vector<Outgoing> messages;
  std::optional<std::unordered_set<std::string>> list;
  {
    const std::lock_guard lock(mutex);
    messages.swap(outbox);
    outbox_bytes = 0;
    list.swap(new_list);
  }
  if (list) {
    gatekeeper->allow(std::move(*list));
    std::erase_if(routes, [&](const auto& route) { return !gatekeeper->allows(route.first); });
  }
  for (const Outgoing& message : messages) send(message);
}

void ZmqServer::Thread::receive(zmq::socket_t& socket, Lane lane) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!receive_one(socket, lane)) return;
  }
}

bool ZmqServer::Thread::receive_one(zmq::socket_t& socket, Lane lane) {
  zmq::message_t id, body;
  if (!socket.recv(id, zmq::recv_flags::dontwait)) return false;
  if (!id.more() || !socket.recv(body, zmq::recv_flags::dontwait)) return true;
  const bool too_long = body.more();
  skip_rest(socket, body);
  const std::uint64_t connection = connection_of(id);
  // The key is a property of the body frame: libzmq 4.3.4 loses it on the id frame after a poll.
  std::string key = property(body, "User-Id");
  if (too_long || connection == 0 || key.empty() || !gatekeeper->allows(key)) {
    ++dropped;
    return true;
  }
  if (lane == Lane::kControl) {
    const auto [route, added] = routes.try_emplace(key, connection);
    if (!added && is_newer(connection, route->second)) route->second = connection;
  }
  const bool taken = inbox.put(Arrival{.peer_key = std::move(key),
                                       .lane = lane,
                                       .bytes = body.to_string(),
                                       .peer_address = property(body, "Peer-Address"),
                                       .connection = connection});
  ++(taken ? received : dropped);
  return true;
}

void ZmqServer::Thread::send(const Outgoing& outgoing) {
  const auto route = routes.find(outgoing.peer_key);
  if (!gatekeeper->allows(outgoing.peer_key) ||
      (outgoing.connection == 0 && route == routes.end())) {
    ++dropped;
    return;
  }
  const std::uint64_t connection = outgoing.connection ? outgoing.connection : route->second;
  const auto id = routing_id_of(connection);
  void* const socket = control.handle();
  if (zmq_send(socket, id.data(), id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
    const bool gone = zmq_errno() == EHOSTUNREACH;
    if (gone && route != routes.end() && route->second == connection) routes.erase(route);
    ++dropped;
    return;
  }
  const bool accepted =
      zmq_send(socket, outgoing.bytes.data(), outgoing.bytes.size(), ZMQ_DONTWAIT) >= 0;
  ++(accepted ? sent : dropped);
}

Result<std::unique_ptr<ZmqServer>> ZmqServer::bind(boost::asio::io_context& owner,
                                                   Settings settings, OnArrival on_arrival) {
  if (!is_curve_key(settings.keys.public_key) || !is_curve_key(settings.keys.secret_key)) {
    return Error{"cannot listen: the key pair is not two Z85 keys of 40 characters"};
  }
  auto thread = std::make_unique<Thread>(owner, std::move(on_arrival));
  thread->gatekeeper = std::make_unique<Gatekeeper>(thread->context);
  const auto open = [&](Lane lane, Address address, zmq::socket_t& socket) -> Result<Address> {
    try {
      socket = make_router(thread->context, lane, address, settings.keys);
      const std::string bound = socket.get(zmq::sockopt::last_endpoint);
      if (const auto parsed = parse_address(bound.substr(bound.rfind('/') + 1))) {
        address.port = parsed->port;
      }
      return address;
    } catch (const zmq::error_t& problem) {
      return Error{bind_trouble(address, problem)};
    }
  };
  auto control = open(Lane::kControl, settings.control, thread->control);
  if (!control) return Error{control.error()};
  auto telemetry = open(Lane::kTelemetry, settings.telemetry, thread->telemetry);
  if (!telemetry) return Error{telemetry.error()};
  thread->bound_control = *control;
  thread->bound_telemetry = *telemetry;
  thread->thread = std::thread([running = thread.get()] { running->run(); });
  return std::unique_ptr<ZmqServer>(new ZmqServer(std::move(thread)));
}

ZmqServer::ZmqServer(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}

ZmqServer::~ZmqServer() {
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->stopping = true;
  }
  thread_->bell.ring();
  thread_->thread.join();
}

Address ZmqServer::bound(Lane lane) const {
  return lane == Lane::kControl ? thread_->bound_control : thread_->bound_telemetry;
}

void ZmqServer::allow(std::vector<std::string> public_keys) {
  thread_->allowed = {public_keys.begin(), public_keys.end()};
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->new_list = thread_->allowed;
  }
  thread_->bell.ring();
}

void ZmqServer::send(const std::string& peer_key, std::string bytes) {
  send(peer_key, 0, std::move(bytes));
}

void ZmqServer::send(const std::string& peer_key, std::uint64_t connection, std::string bytes) {
  {
    const std::lock_guard lock(thread_->mutex);
    if (bytes.size() > wire::kControlBytesMax ||
        thread_->outbox_bytes + bytes.size() > kOutboxBytesMax) {
      ++thread_->dropped;
      return;
    }
    thread_->outbox_bytes += bytes.size();
    thread_->outbox.push_back({peer_key, connection, std::move(bytes)});
  }
  thread_->bell.ring();
}

ChannelCounts ZmqServer::counts() const {
  return {.received = thread_->received,
          .sent = thread_->sent,
          .dropped = thread_->dropped,
          .refused_handshakes = thread_->refused};
}

}  // namespace foretide
