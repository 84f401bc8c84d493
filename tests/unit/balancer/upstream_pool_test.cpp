#include "balancer/io/upstream_pool.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace foretide::balancer {
namespace {

// A worker that has accepted one connection, which is idle; and another socket, whose event comes
// before that connection's in the same look at the sockets.
class IdleUpstreams : public testing::Test {
 protected:
  IdleUpstreams() : first_([](Source& source, std::uint32_t) { as_first(source); }) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair_.data()), 0);
    endpoint_.state = wire::EndpointState::kActive;
    endpoint_.address = {"127.0.0.1", ntohs(at.sin_port)};
  }
  ~IdleUpstreams() override {
    close_idle(endpoint_);
    for (const int fd : {listener_, worker_, pair_[0], pair_[1]}) {
      if (fd >= 0) ::close(fd);
    }
  }

  // Sockets are told in the order in which they became ready.
  void make_first_ready() {
    first_.test = this;
    ASSERT_TRUE(loop_.watch(pair_[0], first_, EPOLLIN | EPOLLET));
    ASSERT_EQ(::write(pair_[1], "x", 1), 1);
  }
  void give() {
    auto connection = sockets_.connection_to(endpoint_.address);
    const IoResult begun = connection->connect();
    ASSERT_TRUE(begun.done() || begun.blocked());
    worker_ = ::accept(listener_, nullptr, nullptr);
    ASSERT_GE(worker_, 0);
    give_idle(loop_, endpoint_, std::move(connection));
    ASSERT_EQ(idle_count(endpoint_), 1u);
  }
  static void as_first(Source& source) {
    auto& test = *static_cast<First&>(source).test;
    test.taken_ = take_idle(test.loop_, test.endpoint_, Probe::kNo);
    test.loop_.stop();
  }

  struct First : Source {
    explicit First(Ready ready) : Source(ready) {}
    IdleUpstreams* test = nullptr;
  };

  EventLoop loop_;
  UpstreamSockets sockets_{loop_, {}};
  Endpoint endpoint_;
  First first_;
  int listener_ = -1, worker_ = -1;
  std::array<int, 2> pair_{-1, -1};
  std::unique_ptr<UpstreamConnection> taken_;
};

TEST_F(IdleUpstreams, AreNotUsedOnceTheirWorkerSpokeThoughNobodyWasToldYet) {
  ASSERT_NO_FATAL_FAILURE(make_first_ready());
  ASSERT_NO_FATAL_FAILURE(give());
  ASSERT_EQ(::write(worker_, "HTTP/1.1 200 OK\r\n\r\n", 19), 19);
  loop_.run();
  EXPECT_EQ(taken_, nullptr);
}

TEST_F(IdleUpstreams, AreUsedWhileTheirWorkerIsSilent) {
  ASSERT_NO_FATAL_FAILURE(make_first_ready());
  ASSERT_NO_FATAL_FAILURE(give());
  loop_.run();
  EXPECT_NE(taken_, nullptr);
}

}  // namespace
}  // namespace foretide::balancer
