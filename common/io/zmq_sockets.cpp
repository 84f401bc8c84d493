#include "common/io/zmq_sockets.hpp"

#include <array>

#include "common/wire/limits.hpp"

namespace foretide {
namespace {

constexpr int kZapEnforceDomain = 93;  // ZMQ_ZAP_ENFORCE_DOMAIN
constexpr char kZapDomain[] = "foretide";

constexpr int kControlQueue = 512;
constexpr int kTelemetryQueue = 16;
constexpr int kCurveOverhead = 64;  // what CURVE adds to a frame is 33 bytes
constexpr int kListenBacklog = 4096;
constexpr int kReconnectMax_ms = 3000;
constexpr int kConnectTimeout_ms = 3000;

void set_common(zmq::socket_t& socket, Lane lane) {
  const bool control = lane == Lane::kControl;
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::heartbeat_ivl, 1000);
  socket.set(zmq::sockopt::heartbeat_timeout, 3000);
  socket.set(zmq::sockopt::heartbeat_ttl, 4000);
  socket.set(zmq::sockopt::handshake_ivl, 5000);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 30);
  socket.set(zmq::sockopt::sndhwm, control ? kControlQueue : kTelemetryQueue);
  socket.set(zmq::sockopt::rcvhwm, control ? kControlQueue : kTelemetryQueue);
  const std::size_t bytes_max = control ? wire::kControlBytesMax : wire::kTelemetryBytesMax;
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(bytes_max) + kCurveOverhead);
}

void set_keys(zmq::socket_t& socket, const KeyPair& keys) {
  socket.set(zmq::sockopt::curve_publickey, keys.public_key);
  socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
}

}  // namespace

bool is_curve_key(const std::string& text) {
  std::array<std::uint8_t, 32> raw{};
  return text.size() == 40 && zmq_z85_decode(raw.data(), text.c_str()) != nullptr;
}

std::string zmq_endpoint(const Address& address) {
  Address literal = address;
  if (literal.host == "localhost") literal.host = "127.0.0.1";
  if (literal.host.empty()) literal.host = "0.0.0.0";
  return "tcp://" + literal.text();
}

zmq::socket_t make_zap_socket(zmq::context_t& context) {
  zmq::socket_t socket(context, zmq::socket_type::rep);
  socket.set(zmq::sockopt::linger, 0);
  socket.bind("inproc://zeromq.zap.01");
  return socket;
}

zmq::socket_t make_router(zmq::context_t& context, Lane lane, const Address& address,
                          const KeyPair& keys) {
  zmq::socket_t socket(context, zmq::socket_type::router);
  set_common(socket, lane);
  socket.set(zmq::sockopt::backlog, kListenBacklog);
  socket.set(zmq::sockopt::ipv6, address.host.find(':') != std::string::npos);
  socket.set(zmq::sockopt::router_mandatory, true);
  socket.set(zmq::sockopt::router_handover, false);
  socket.set(zmq::sockopt::zap_domain, std::string(kZapDomain));
  const int enforced = 1;
  if (zmq_setsockopt(socket.handle(), kZapEnforceDomain, &enforced, sizeof enforced) != 0) {
    throw zmq::error_t();
  }
  socket.set(zmq::sockopt::curve_server, true);
  set_keys(socket, keys);
  socket.bind(zmq_endpoint(address));
  return socket;
}

zmq::socket_t make_dealer(zmq::context_t& context, Lane lane, const ZmqClient::Settings& settings,
                          std::chrono::milliseconds reconnect_base) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  set_common(socket, lane);
  if (lane == Lane::kTelemetry) socket.set(zmq::sockopt::conflate, true);
  socket.set(zmq::sockopt::ipv6, true);
  socket.set(zmq::sockopt::connect_timeout, kConnectTimeout_ms);
  socket.set(zmq::sockopt::reconnect_ivl, static_cast<int>(reconnect_base.count()));
  socket.set(zmq::sockopt::reconnect_ivl_max, kReconnectMax_ms);
  socket.set(zmq::sockopt::curve_serverkey, settings.server_key);
  set_keys(socket, settings.keys);
  return socket;
}

void skip_rest(zmq::socket_t& socket, const zmq::message_t& last) {
  bool more = last.more();
  while (more) {
    zmq::message_t rest;
    if (!socket.recv(rest, zmq::recv_flags::dontwait)) return;
    more = rest.more();
  }
}

KeyPair make_key_pair() {
  std::array<char, 41> public_key{}, secret_key{};
  CHECK(zmq_curve_keypair(public_key.data(), secret_key.data()) == 0,
        "Debian's libzmq is built with CURVE");
  return {public_key.data(), secret_key.data()};
}

Result<std::string> public_key_for(const std::string& secret_key) {
  std::array<char, 41> public_key{};
  if (!is_curve_key(secret_key) || zmq_curve_public(public_key.data(), secret_key.c_str()) != 0) {
    return Error{"this is not a secret key: expected 40 characters as `foretide join` writes them"};
  }
  return std::string(public_key.data());
}

}  // namespace foretide
