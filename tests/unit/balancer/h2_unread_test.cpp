// Clients of HTTP/2 that send and do not read: what they make us say to them is bounded.
#include <gmock/gmock.h>

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>

#include "tests/unit/balancer/h2_stage.hpp"

namespace foretide::balancer {
namespace {

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view content) {
  const auto byte = [](std::uint32_t value, int at) { return static_cast<char>(value >> at); };
  const auto size = static_cast<std::uint32_t>(content.size());
  std::string bytes{byte(size, 16), byte(size, 8), byte(size, 0)};
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  bytes += {byte(stream, 24), byte(stream, 16), byte(stream, 8), byte(stream, 0)};
  return bytes.append(content);
}

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "");

// GET http://a/ in the fields' short forms.
std::string request(std::uint32_t stream) {
  return frame(1, 0x5, stream,
               std::string_view("\x82\x86\x84\x01\x01"
                                "a",
                                6));
}

// As much as is taken of what `next` gives, until nothing is taken for a moment, `most` is, or the
// connection ends.
std::size_t send_until_blocked(RawSocket& socket, std::size_t most,
                               const std::function<std::string()>& next) {
  std::size_t total = 0;
  std::string block;
  while (total < most) {
    while (block.size() < 16 * 1024) block += next();
    pollfd poll{socket.fd(), POLLOUT, 0};
    if (::poll(&poll, 1, 450) != 1) break;
    const auto size = ::send(socket.fd(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size <= 0) break;
    total += static_cast<std::size_t>(size);
    block.erase(0, static_cast<std::size_t>(size));
  }
  return total;
}

class UnreadHttp2 : public testing::Test {
 protected:
  bool all_are_gone(Proxy& proxy) {
    return proxy.wait_until([&](const auto&) {
      return proxy.on_thread([](TrafficThread& thread) { return thread.connections().open; }) == 0;
    });
  }
  RawServer worker;
};

// It never says that it has seen how many requests we take at once, so each beyond is refused with
// a frame of its own.
TEST_F(UnreadHttp2, RefusalsStopUsFromReading) {
  Proxy proxy;
  proxy.apply({});  // requests are held
  auto client = proxy.client();
  client.send(kPreface);
  std::uint32_t stream = 1;
  constexpr std::size_t kMost = 32 * 1024 * 1024;
  const auto taken = send_until_blocked(client, kMost, [&] {
    stream += 2;
    return request(stream);
  });
  EXPECT_LT(taken, kMost) << "each of them makes us keep a frame that it does not read";
  EXPECT_GT(taken, 0u);
  client.close();
  EXPECT_TRUE(all_are_gone(proxy));
}

TEST_F(UnreadHttp2, RefusalsThatAreReadDoNot) {
  Proxy proxy;
  proxy.apply({});
  auto client = proxy.client();
  client.send(kPreface);
  std::uint32_t stream = 1;
  std::size_t refused = 0;
  while (refused < 20'000) {
    std::string block;
    for (int i = 0; i < 1000; ++i) block += request(stream += 2);
    client.send(block);
    const auto before = refused;
    while (refused < before + 800) {
      client.receive_until(std::string_view("\0\0\4\3\0", 5));  // a frame that resets a stream
      if (client.receive(8).size() != 8) break;
      ++refused;
    }
    if (refused < before + 800) break;
  }
  EXPECT_GE(refused, 20'000u);
}

// What has to be acknowledged has a budget that does not wait for its being read.
TEST_F(UnreadHttp2, FloodsAreEndedThoughNothingIsRead) {
  Proxy proxy;
  proxy.apply({});
  const std::string ping = frame(6, 0, 0, "12345678"), settings = frame(4, 0, 0, "");
  std::uint64_t calmed = 0;
  for (const auto& flood : {ping, settings}) {
    auto client = proxy.client();
    client.send(kPreface);
    for (int i = 0; i < 2000; ++i) client.send(flood);
    EXPECT_TRUE(all_are_gone(proxy));
    const auto counts = proxy.on_thread([](TrafficThread& thread) { return thread.connections(); });
    EXPECT_EQ(counts.http2_calmed_total, ++calmed);
  }
}

TEST_F(UnreadHttp2, AConnectionThatTakesNothingIsCut) {
  Proxy proxy({.stall_time = std::chrono::milliseconds(200)});
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  // Its windows are open as far as they go.
  client.send(kPreface.substr(0, 24) + frame(4, 0, 0, std::string_view("\0\4\x7f\xff\xff\xff", 6)) +
              frame(8, 0, 0, std::string_view("\x7f\xff\0\0", 4)) + request(1));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
  const auto taken =
      send_until_blocked(upstream, 50'000'000, [] { return std::string(16'384, 'd'); });
  EXPECT_LT(taken, 50'000'000u);
  EXPECT_TRUE(all_are_gone(proxy));
}

}  // namespace
}  // namespace foretide::balancer
