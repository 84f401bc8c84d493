// How connections end with their thread: after their answer, or cut.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class Ending : public testing::Test {
 protected:
  RawServer worker;
  Proxy proxy;
};

TEST_F(Ending, EndsConnectionsAfterTheirAnswerWhenItDrains) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto busy = proxy.client();
  busy.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  auto idle = proxy.client();
  ASSERT_TRUE(proxy.wait_until([&](const auto&) {
    return proxy.on_thread([](TrafficThread& thread) { return thread.connections().open; }) == 2;
  }));
  std::promise<void> empty;
  proxy.on_thread([&](TrafficThread& thread) {
    thread.drain([&] { empty.set_value(); });
    return 0;
  });
  EXPECT_TRUE(idle.has_ended());
  upstream.send(ok("last"));
  const auto answer = busy.receive_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("last"));
  EXPECT_EQ(empty.get_future().wait_for(kPatience), std::future_status::ready);
}

// The connection's end is the body's end there, so a clean one would say that this is all.
TEST_F(Ending, ResetsWhatItCutsInABodyThatEndsWithTheConnection) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\n\r\nhalf");
  client.receive_until("half");
  proxy.on_thread([](TrafficThread& thread) { return thread.cancel_sessions(), 0; });
  EXPECT_EQ(client.receive_all(), "(reset)");
}

// The worker has sent more than the relay moves in a few turns, and little of it is content: the
// relay has nothing to wait for, on either side.
TEST_F(Ending, CutsABodyThatNeverPausesAfterItsTurn) {
  constexpr std::size_t kTurn = 32 * 16 * 1024;
  const std::string chunk = "1;" + std::string(250, 'e') + "\r\nx\r\n";
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.receive_until("\r\n\r\n");
  // The kernel gives a socket much room only after much has come through it.
  std::thread reader([&] { client.receive_until("end"); });
  for (int i = 0; i < 200'000; ++i) upstream.send(chunk);
  upstream.send("3\r\nend\r\n");
  reader.join();
  const auto sent = proxy.on_thread([&](TrafficThread& thread) {
    const auto size = upstream.send_until_blocked(64 * 1024 * 1024, chunk);
    // After the batch of events in which the relay has its first turn.
    thread.loop().post([&thread] { thread.loop().post([&thread] { thread.cancel_sessions(); }); });
    return size;
  });
  if (sent < 4 * kTurn) GTEST_SKIP() << "the sockets hold too little to tell";
  const std::string received = client.receive_all();
  const auto chunks = static_cast<std::size_t>(std::count(received.begin(), received.end(), 'x'));
  EXPECT_GT(chunks, 0u);
  EXPECT_LE(chunks * chunk.size(), 3 * kTurn);
}

TEST_F(Ending, AnswersWhoStoodInTheBacklogWhenItBeganToDrain) {
  proxy.apply({endpoint_at("a", worker.address())});
  std::promise<void> empty;
  // The thread is busy with this call, so nobody accepts the client before the drain begins.
  auto client = proxy.on_thread([&](TrafficThread& thread) {
    auto late = proxy.client();
    late.send(get());
    thread.drain([&] { empty.set_value(); });
    return late;
  });
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("in time"));
  EXPECT_THAT(client.receive_all(), EndsWith("in time"));
  EXPECT_EQ(empty.get_future().wait_for(kPatience), std::future_status::ready);
}

}  // namespace
}  // namespace foretide::balancer
