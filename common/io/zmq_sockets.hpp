// ZeroMQ sockets as the channel needs them: CURVE, heartbeats and every bound set, before anything
// connects. The numbers come from measurements of libzmq 4.3.4; its defaults would keep a dead peer
// for ever, buffer any size before a peer is known, and accept any key (ZMQ_ZAP_ENFORCE_DOMAIN is
// the option that stops the last; Debian's header hides its name behind the draft API, its library
// honours the number). All of these throw zmq::error_t, which the two channel files catch.
#pragma once

#include <chrono>
#include <string>
#include <zmq.hpp>

#include "common/address.hpp"
#include "common/io/zmq_channel.hpp"

namespace foretide {

// Whether the text is a CURVE key in Z85.
bool is_curve_key(const std::string& text);

// "tcp://10.0.0.1:7401"; localhost and an empty host are written as addresses, because libzmq binds
// to nothing else.
std::string zmq_endpoint(const Address& address);

zmq::socket_t make_zap_socket(zmq::context_t& context);
zmq::socket_t make_router(zmq::context_t& context, Lane lane, const Address& address,
                          const KeyPair& keys);
zmq::socket_t make_dealer(zmq::context_t& context, Lane lane, const ZmqClient::Settings& settings,
                          std::chrono::milliseconds reconnect_base);

// Takes the rest of a message that is not of the shape that was expected.
void skip_rest(zmq::socket_t& socket, const zmq::message_t& last);

}  // namespace foretide
