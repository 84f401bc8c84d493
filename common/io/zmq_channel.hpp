// The encrypted channel between coordinator and everybody else. Only the `zmq_*.cpp` files see
// zmq.hpp.
//
// One thread owns every ZeroMQ socket and only moves bytes: it polls the sockets and an eventfd,
// hands what arrives to the owner's io_context, and takes what is to be sent from a bounded queue.
// All calls below are made on the owner's thread; all callbacks run there.
//
// Identity is the CURVE key and nothing else. The server side binds a ZAP handler, enforces its
// domain (without both libzmq accepts any key), lets in the allow-list's keys only, and tags each
// message with the key that libzmq itself authenticated (User-Id of the body frame). A key's newest
// connection is where its messages go. A key taken off the list is refused message by message as
// well, since ZAP runs only at the handshake. Until the first allow() handshakes wait: a
// coordinator that has just bound its ports refuses nobody before it has read its keys.
//
// Bounds: a control message of 1 MiB, a telemetry message of 256 KiB; 512 control messages queued
// to a peer; 1024 messages or 16 MiB from a peer that the owner has not taken yet; of telemetry
// only a peer's newest waits. Beyond, the message is dropped and counted, and levels repair the
// loss.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide {

// A CURVE key pair in Z85 text, 40 characters each.
struct KeyPair {
  std::string public_key;
  std::string secret_key;
};
KeyPair make_key_pair();
Result<std::string> public_key_for(const std::string& secret_key);

enum class Lane : std::uint8_t { kControl, kTelemetry };

// A message as it came: who sent it (the authenticated public key), on which lane, and the bytes.
struct Arrival {
  std::string peer_key;
  Lane lane = Lane::kControl;
  std::string bytes;
  std::string peer_address;  // the remote's IP as the server saw it, empty on the client
  // Server: which of the key's connections on this lane it came by, for an answer to that one
  // alone; a reconnect is a new one.
  std::uint64_t connection = 0;
};

struct ChannelCounts {
  std::uint64_t received = 0, sent = 0, dropped = 0, refused_handshakes = 0;
};

class ZmqServer {
 public:
  struct Settings {
    Address control, telemetry;  // port 0: any free port, see bound()
    KeyPair keys;
  };
  using OnArrival = std::function<void(Arrival)>;

  // Binds before it returns; an address in use is an Error that names it.
  static Result<std::unique_ptr<ZmqServer>> bind(boost::asio::io_context& owner, Settings settings,
                                                 OnArrival on_arrival);
  ~ZmqServer();  // joins the thread; nothing is called back afterwards

  Address bound(Lane lane) const;
  // The keys let in from now on; replaces the former list. From a key that is not on it nothing is
  // delivered after this call, whatever was on its way.
  void allow(std::vector<std::string> public_keys);
  // To the peer's newest control connection; dropped and counted when there is none.
  void send(const std::string& peer_key, std::string bytes);
  // To one control connection (see Arrival) and no other: where two programs hold the same key,
  // neither ever gets what is meant for the other. Dropped and counted when it is gone.
  void send(const std::string& peer_key, std::uint64_t connection, std::string bytes);
  ChannelCounts counts() const;

 private:
  struct Thread;
  explicit ZmqServer(std::unique_ptr<Thread> thread);
  std::unique_ptr<Thread> thread_;
};

class ZmqClient {
 public:
  struct Settings {
    Address control, telemetry;
    KeyPair keys;
    std::string server_key;  // pinned: another server is never talked to
  };
  struct Callbacks {
    std::function<void(Arrival)> on_arrival;
    // The control connection's handshake succeeded; `local_address` is this host's side of it.
    std::function<void(std::string local_address)> on_connected;
    std::function<void(std::string reason)> on_disconnected;  // also each failed try, in words
  };

  // Connects in the background and reconnects for ever with back-off (100-300 ms, drawn once,
  // doubling to 3 s: a coordinator that restarts finds its nodes back within a second or two of its
  // return). A key that is no key is told by on_disconnected, once.
  static std::unique_ptr<ZmqClient> connect(boost::asio::io_context& owner, Settings settings,
                                            Callbacks callbacks);
  ~ZmqClient();

  void send(std::string bytes);            // control
  void send_telemetry(std::string bytes);  // newest wins: an unsent older one is replaced
  ChannelCounts counts() const;

 private:
  struct Thread;
  explicit ZmqClient(std::unique_ptr<Thread> thread);
  std::unique_ptr<Thread> thread_;
};

}  // namespace foretide
