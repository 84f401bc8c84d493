// A client's connection by itself: its times, its turns, what it asks for.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "balancer/io/proxy_session.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::StartsWith;

class ClientSessions : public testing::Test {
 protected:
  ClientSessions() { proxy.apply({endpoint_at("a", worker.address())}); }
  void route_to_web(const wire::Match& match) {
    wire::MatchTable matches;
    matches.stamp = {1, 2};
    matches.matches = {match};
    proxy.on_thread([&](TrafficThread& thread) {
      return thread.apply(matches, {{{"web"}, std::make_shared<ServiceShare>()}});
    });
  }

  RawServer worker;
  Proxy proxy;
};

// An empty line, as some clients send behind a body, does not begin the next request's time.
TEST(ClientTimes, CountAHeadFromItsFirstByte) {
  RawServer worker;
  Proxy proxy(with_front({.head_timeout = std::chrono::seconds(1)}));
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send("\r");
  EXPECT_TRUE(client.stays_silent());
  client.send("\n");
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(1100);
  while (std::chrono::steady_clock::now() < later) ASSERT_TRUE(client.stays_silent());
  const std::string request = get();
  client.send(request.substr(0, 10));
  EXPECT_TRUE(client.stays_silent());
  client.send(request.substr(10));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("in time"));
  EXPECT_THAT(client.receive_message(), EndsWith("in time"));
  client.send("GET");
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 408 "));
}

TEST(ClientTimes, EndAConnectionWithoutARequest) {
  RawServer worker;
  Proxy proxy(with_front({.idle_timeout = std::chrono::milliseconds(300)}));
  proxy.apply({endpoint_at("a", worker.address())});
  EXPECT_TRUE(proxy.client().has_ended()) << "it has never had one";
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  EXPECT_TRUE(client.stays_silent()) << "it waits for its answer";
  EXPECT_TRUE(client.stays_silent());
  upstream.send(ok("late"));
  EXPECT_THAT(client.receive_message(), EndsWith("late"));
  EXPECT_TRUE(client.has_ended());
}

// The kernel cannot watch a file of the disk, as it cannot watch anything when its room is used up.
TEST_F(ClientSessions, ClosesAConnectionThatCannotBeWatched) {
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  EXPECT_FALSE(proxy.on_thread(
      [&](TrafficThread& thread) { return ProxySession::begin(thread, {.fd = fd}); }));
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
  const auto open = [](TrafficThread& thread) { return thread.connections().open; };
  EXPECT_EQ(proxy.on_thread(open), 0u);
}

// Requests that are answered here are served without any wait, one after the other.
TEST_F(ClientSessions, LetsOthersHaveATurnBetweenPipelinedRequests) {
  constexpr std::size_t kMany = 250;
  route_to_web({{"web"}, "elsewhere", "", "", ""});
  auto client = proxy.client();
  std::string many;
  for (std::size_t i = 0; i < kMany; ++i) many += get();
  std::promise<std::size_t> answered;
  proxy.on_thread([&](TrafficThread& thread) {
    client.send(many);
    // Runs after the batch of events in which the connection has its first turn.
    thread.loop().post([&] {
      thread.loop().post([&] { answered.set_value(thread.connections().unmatched_total); });
    });
    return 0;
  });
  const auto in_a_row = answered.get_future().get();
  EXPECT_GT(in_a_row, 0u);
  EXPECT_LT(in_a_row, kMany / 2);
  for (std::size_t i = 0; i < kMany; ++i) {
    ASSERT_THAT(client.receive_message(), StartsWith("HTTP/1.1 404 "));
  }
}

TEST_F(ClientSessions, RoutesATargetThatIsAHostAndAQueryByItsPath) {
  route_to_web({{"web"}, "", "/", "", ""});
  auto client = proxy.client();
  client.send("GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n");
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), StartsWith("GET /?x HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace foretide::balancer
