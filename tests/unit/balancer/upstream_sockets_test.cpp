// Sockets to workers: how many there may be, which idle ones are kept, and what happens where none
// is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balancer/core/descriptor_shares.hpp"
#include "tests/unit/balancer/h2_stage.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

//  descriptors threads asked | clients a thread, sockets to workers, idle ones a thread
TEST(DescriptorShares, LeaveSomeForWorkersWhateverIsAskedFor) {
  const auto expect = [](DescriptorShares shares, DescriptorShares wanted) {
    EXPECT_EQ(shares.connections, wanted.connections);
    EXPECT_EQ(shares.worker_sockets, wanted.worker_sockets);
    EXPECT_EQ(shares.idle_sockets, wanted.idle_sockets);
  };
  expect(descriptor_shares_for(1024, 1, 0), {448, 448, 224});
  expect(descriptor_shares_for(1024, 4, 0), {109, 436, 54});
  expect(descriptor_shares_for(1'000'000, 2, 0), {10'000, 979'864, 244'966});
  expect(descriptor_shares_for(1024, 1, 100), {100, 796, 398});
  expect(descriptor_shares_for(1024, 1, 5000), {672, 224, 112});
  expect(descriptor_shares_for(16, 8, 0), {1, 8, 1});
  expect(descriptor_shares_for(RLIM_INFINITY, 1, 0), {10'000, 2'147'473'647, 1'073'736'823});
}

// Two workers that take turns.
struct Stage {
  explicit Stage(std::shared_ptr<SocketBudget> budget, std::size_t idle_max = 100)
      : proxy({.upstreams = {.budget = std::move(budget), .idle_max = idle_max}}) {
    proxy.policy.balance = wire::TrafficPolicy::Balance::kRoundRobin;
    proxy.apply({endpoint_at("a", first.address()), endpoint_at("b", second.address())});
  }
  // The connection over which a worker answered.
  RawSocket served_by(RawServer& worker, RawSocket& by) {
    by.send(get());
    RawSocket upstream = worker.accept();
    upstream.receive_message();
    upstream.send(ok("yes"));
    EXPECT_THAT(by.receive_message(), HasSubstr("yes"));
    return upstream;
  }
  std::size_t idle() {
    return proxy.on_thread([](TrafficThread& thread) { return thread.upstreams().idle(); });
  }
  std::uint64_t shed() {
    return proxy.on_thread(
        [](TrafficThread& thread) { return thread.connections().shed_for_sockets_total; });
  }

  RawServer first, second;
  Proxy proxy;
  RawSocket client = proxy.client();
};

TEST(UpstreamSockets, AreTakenFromIdleOnesWhereNoneIsLeft) {
  Stage stage(std::make_shared<SocketBudget>(1));
  RawSocket kept = stage.served_by(stage.first, stage.client);
  EXPECT_EQ(stage.idle(), 1u);
  RawSocket other = stage.served_by(stage.second, stage.client);
  EXPECT_TRUE(kept.has_ended());
  EXPECT_EQ(stage.idle(), 1u);
  EXPECT_EQ(stage.shed(), 0u);
}

TEST(UpstreamSockets, AreRefusedWithAReasonWhereAllAreInUse) {
  Stage stage(std::make_shared<SocketBudget>(1));
  stage.client.send(get());
  RawSocket upstream = stage.first.accept();
  RawSocket other = stage.proxy.client();
  other.send(get());
  EXPECT_THAT(other.receive_message(),
              AllOf(HasSubstr("HTTP/1.1 503 "), HasSubstr("no socket left for a worker")));
  EXPECT_EQ(stage.shed(), 1u);
  // What has one goes on, and gives it back.
  upstream.receive_message();
  upstream.send(ok("yes"));
  EXPECT_THAT(stage.client.receive_message(), HasSubstr("yes"));
}

// One connection with many requests is bounded as many connections are.
TEST(UpstreamSockets, OfAnHttp2ClientAreBounded) {
  Stage stage(std::make_shared<SocketBudget>(3));
  H2Client client(stage.proxy.client());
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 5; ++i) streams.push_back(client.request(h2_get()));
  EXPECT_EQ(client.finished(streams[3]).status, 503);
  EXPECT_EQ(client.finished(streams[4]).status, 503);
  EXPECT_EQ(stage.shed(), 2u);
  RawSocket upstream = stage.first.accept();
  upstream.receive_message();
  upstream.send(ok("yes"));
  EXPECT_EQ(client.finished(streams[0]).status, 200);
}

TEST(UpstreamSockets, KeepTheNewestIdleOnesWithinTheThreadsBound) {
  Stage stage(nullptr, 1);
  RawSocket kept = stage.served_by(stage.first, stage.client);
  RawSocket other = stage.served_by(stage.second, stage.client);
  EXPECT_TRUE(kept.has_ended());
  EXPECT_EQ(stage.idle(), 1u);
  // The other one is still good.
  RawSocket again = stage.served_by(stage.first, stage.client);
  EXPECT_TRUE(other.has_ended());
}

// As long as it lives this process can open nothing more.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit now{static_cast<rlim_t>(next), before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoDescriptorLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(UpstreamSockets, AreTakenFromIdleOnesWhereTheSystemHasNone) {
  Stage stage(nullptr);
  RawSocket kept = stage.served_by(stage.first, stage.client);
  {
    const NoDescriptorLeft none;
    stage.client.send(get());
    EXPECT_TRUE(kept.has_ended());  // for the new one, which is connected by the kernel
  }
  RawSocket upstream = stage.second.accept();
  upstream.receive_message();
  upstream.send(ok("yes"));
  EXPECT_THAT(stage.client.receive_message(), HasSubstr("yes"));
}

TEST(UpstreamSockets, ThatAreIdleMakeRoomForClients) {
  Stage stage(nullptr);
  RawSocket kept = stage.served_by(stage.first, stage.client);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RawSocket client(fd);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(stage.proxy.address().port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const NoDescriptorLeft none;
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  EXPECT_TRUE(kept.has_ended());
  client.send("GET / HTTP/1.1\r\n\r\n");  // no Host: the answer needs no worker
  EXPECT_THAT(client.receive_message(), HasSubstr("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace foretide::balancer
