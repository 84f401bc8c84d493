#include "common/io/zmq_link.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "common/io/dial_trouble.hpp"
#include "common/io/zmq_sockets.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;

constexpr auto kBackoffMax = 3000ms;
constexpr auto kSilenceMax = 15000ms;
constexpr auto kDialAgain = 2000ms;  // how long an answer to "why?" is good
constexpr char kNotKnown[] =
    "the handshake failed: the coordinator does not know this key or is not who it claims to be";

const Address& address_for(const ZmqClient::Settings& settings, Lane lane) {
  return lane == Lane::kControl ? settings.control : settings.telemetry;
}

}  // namespace

Link::Link(zmq::context_t& context, const ZmqClient::Settings& settings, Lane lane,
           std::chrono::milliseconds base)
    : context_(context), settings_(settings), lane_(lane), base_(base), backoff_(base) {}

Link::~Link() {
  close();
}

void Link::open(Time now) {
  // A new name each time: the last monitor's may not be free yet.
  static std::atomic<std::uint64_t> count{0};
  const std::string events = "inproc://monitor-" + std::to_string(++count);
  try {
    socket_ = make_dealer(context_, lane_, settings_, base_);
    if (zmq_socket_monitor(socket_.handle(), events.c_str(), ZMQ_EVENT_ALL) != 0) {
      throw zmq::error_t();
    }
    monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
    monitor_.set(zmq::sockopt::linger, 0);
    monitor_.connect(events);
    socket_.connect(zmq_endpoint(address_for(settings_, lane_)));
    heard_at_ = now;
  } catch (const zmq::error_t&) {  // descriptors are used up, or the address is no address
    close_until_later(now);
  }
}

void Link::close() {
  if (socket_.handle() != nullptr) zmq_socket_monitor(socket_.handle(), nullptr, 0);
  monitor_.close();
  socket_.close();
  connected_ = false;
  told_ = false;
}

void Link::close_until_later(Time now) {
  close();
  open_at_ = now + backoff_;
  backoff_ = std::min(backoff_ * 2, std::chrono::milliseconds(kBackoffMax));
}

std::chrono::milliseconds Link::tend(Time now) {
  if (socket_.handle() != nullptr && !connected_ && now - heard_at_ > kSilenceMax) {
    close_until_later(now);
  }
  if (socket_.handle() == nullptr && now >= open_at_) open(now);
  if (connected_) return 60s;
  const Time next = socket_.handle() == nullptr ? open_at_ : heard_at_ + kSilenceMax;
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(next - now) + 1ms, 1ms, 60000ms);
}

std::vector<LinkChange> Link::take_events(Time now) {
  std::vector<LinkChange> changes;
  zmq::message_t event, endpoint;
  while (monitor_.handle() != nullptr && monitor_.recv(event, zmq::recv_flags::dontwait)) {
    std::uint16_t number = 0;
    std::uint32_t value = 0;
    if (event.size() >= sizeof number + sizeof value) {
      std::memcpy(&number, event.data(), sizeof number);
      std::memcpy(&value, event.data<char>() + sizeof number, sizeof value);
    }
    skip_rest(monitor_, event);
    heard_at_ = now;
    note(number, value, now, changes);
  }
  return changes;
}

void Link::note(std::uint16_t event, std::uint32_t value, Time now,
                std::vector<LinkChange>& changes) {
  switch (event) {
    case ZMQ_EVENT_CONNECTED:
      remember_local_address(static_cast<int>(value));
      break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      connected_ = true;
      told_ = false;
      backoff_ = base_;
      changes.push_back({.up = true, .text = local_address_});
      break;
    case ZMQ_EVENT_CLOSED:  // of a try: a connection's end is DISCONNECTED
      tell_once(unreachable(now), changes);
      break;
    case ZMQ_EVENT_CONNECT_RETRIED:
      if (!told_) tell_once(unreachable(now), changes);
      told_ = false;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      tell_once(kNotKnown, changes);
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      tell_once(kNotKnown, changes);
      close_until_later(now);
      break;
    case ZMQ_EVENT_DISCONNECTED:
      tell_once("the connection to " + address_for(settings_, lane_).text() + " was lost", changes);
      connected_ = false;
      break;
    default:
      break;
  }
}

void Link::tell_once(std::string reason, std::vector<LinkChange>& changes) {
  if (!std::exchange(told_, true)) changes.push_back({.up = false, .text = std::move(reason)});
}

// The descriptor is libzmq's and may be gone by now, or already be another's; the peer's port
// tells.
void Link::remember_local_address(int fd) {
  sockaddr_storage local{}, peer{};
  socklen_t local_size = sizeof local, peer_size = sizeof peer;
  local_address_.clear();
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &local_size) != 0 ||
      ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
    return;
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  const auto text_of = [&](const sockaddr_storage& of, socklen_t size) {
    return ::getnameinfo(reinterpret_cast<const sockaddr*>(&of), size, host.data(), host.size(),
                         port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) == 0;
  };
  if (!text_of(peer, peer_size) ||
      port.data() != std::to_string(address_for(settings_, lane_).port)) {
    return;
  }
  if (!text_of(local, local_size)) return;
  local_address_ = host.data();
  constexpr std::string_view kMapped = "::ffff:";  // IPv4 by an IPv6 socket
  if (local_address_.starts_with(kMapped)) local_address_.erase(0, kMapped.size());
}

std::string Link::unreachable(Time now) {
  if (dialled_.empty() || now - dialled_at_ > kDialAgain) {
    dialled_ = dial_trouble(address_for(settings_, lane_));
    dialled_at_ = now;
  }
  return dialled_;
}

}  // namespace foretide
