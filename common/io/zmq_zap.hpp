// Who may shake hands: the answering side of ZAP (rfc.zeromq.org/spec/27), for CURVE only. One
// request is a message of version, request id, domain, address, identity, mechanism and the peer's
// public key; the answer is 200 with the key as User-Id, or 400. It runs on the channel's own
// thread; libzmq's I/O thread waits for it. Anything that is not of this shape is refused.
#pragma once

#include <string>
#include <unordered_set>
#include <zmq.hpp>

namespace foretide {

class Gatekeeper {
 public:
  explicit Gatekeeper(zmq::context_t& context);

  void allow(std::unordered_set<std::string> public_keys);
  bool allows(const std::string& public_key) const { return allowed_.contains(public_key); }
  // No handshake is answered before the first allow().
  bool is_open() const { return open_; }

  zmq::socket_t& socket() { return socket_; }
  // Answers one request, if one waits. True: it was a refusal.
  bool answer();

 private:
  zmq::socket_t socket_;
  std::unordered_set<std::string> allowed_;
  bool open_ = false;
};

}  // namespace foretide
