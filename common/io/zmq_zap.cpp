#include "common/io/zmq_zap.hpp"

#include <array>
#include <utility>
#include <vector>

#include "common/io/zmq_sockets.hpp"

namespace foretide {
namespace {

enum Frame : std::size_t {
  kVersion,
  kRequest,
  kDomain,
  kPeer,
  kIdentity,
  kMechanism,
  kKey,
  kCount
};

std::vector<std::string> receive_all(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  zmq::message_t frame;
  do {
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) break;
    if (frames.size() < kCount + 1) frames.push_back(frame.to_string());
  } while (frame.more());
  return frames;
}

// The key in Z85, or nothing when this is no CURVE request.
std::string key_of(const std::vector<std::string>& frames) {
  if (frames.size() != kCount || frames[kMechanism] != "CURVE" || frames[kKey].size() != 32) {
    return {};
  }
  std::array<char, 41> text{};
  const auto* raw = reinterpret_cast<const std::uint8_t*>(frames[kKey].data());
  return zmq_z85_encode(text.data(), raw, 32) ? std::string(text.data()) : std::string{};
}

}  // namespace

Gatekeeper::Gatekeeper(zmq::context_t& context) : socket_(make_zap_socket(context)) {}

void Gatekeeper::allow(std::unordered_set<std::string> public_keys) {
  allowed_ = std::move(public_keys);
  open_ = true;
}

bool Gatekeeper::answer() {
  const std::vector<std::string> frames = receive_all(socket_);
  if (frames.empty()) return false;
  const std::string key = key_of(frames);
  const bool welcome = !key.empty() && allows(key);
  const std::string request = frames.size() > kRequest ? frames[kRequest] : std::string{};
  const std::array<std::string, 6> reply{"1.0",
                                         request,
                                         welcome ? "200" : "400",
                                         welcome ? "" : "this key is not allowed",
                                         welcome ? key : "",
                                         ""};
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto more = i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
    socket_.send(zmq::buffer(reply[i]), more | zmq::send_flags::dontwait);
  }
  return !welcome;
}

}  // namespace foretide
