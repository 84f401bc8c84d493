// Probes over real sockets: what is good, what is bad, and when somebody is told.
#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "balancer/io/prober.hpp"
#include "tests/unit/balancer/tls_stage.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Probing : public testing::Test {
 protected:
  struct Told {
    std::string worker;
    Health health;
  };

  void apply(std::vector<wire::Endpoint> endpoints) {
    wire::ServiceTable table;
    table.stamp = {1, ++revision_};
    table.service = {"web"};
    table.policy.ready_probe = spec;
    table.policy.tls = tls;
    table.endpoints = std::move(endpoints);
    prober.apply(table, {{{"a"}, "worker.example"}});
  }
  // Runs until somebody was told so much more, or patience is over.
  bool told_of(std::size_t changes) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (told.size() < changes && std::chrono::steady_clock::now() < deadline) {
      io.run_one_for(100ms);
      io.restart();
    }
    return told.size() == changes;
  }

  wire::ReadyProbe spec{.kind = ProbeSpec::Kind::kTcp,
                        .path = "/up",
                        .interval = 2ms,
                        .timeout = 2s,
                        .healthy = 2,
                        .unhealthy = 3};
  std::optional<wire::UpstreamTls> tls;
  std::vector<Told> told;
  boost::asio::io_context io;
  Prober prober{io, [this](const ServiceId& service, const WorkerId& worker, Health health) {
                  EXPECT_EQ(service.text, "web");
                  told.push_back({worker.text, health});
                }};

 private:
  std::uint64_t revision_ = 0;
};

// Answers every request on a thread of its own: with a status, or not at all (0).
class Answering {
 public:
  Answering() : thread_([this] { run(); }) {}
  ~Answering() {
    ending_ = true;
    RawSocket::connected_to(server_.address());
    thread_.join();
  }
  const Address& address() const { return server_.address(); }
  std::string last_request() {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  std::atomic<int> status{200};
  std::atomic<int> asked{0};

 private:
  void run() {
    std::vector<RawSocket> kept;
    for (;;) {
      RawSocket socket = server_.accept_some_time();
      if (ending_) return;
      const std::string request = socket.receive_message();
      {
        const std::lock_guard lock(mutex_);
        last_ = request;
      }
      ++asked;
      if (status == 0) {
        kept.push_back(std::move(socket));
      } else {
        socket.send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n");
      }
    }
  }
  RawServer server_;
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::string last_;
  std::thread thread_;
};

TEST_F(Probing, ByTcpTellsOfWhoRefusesAndOfWhoListensAgain) {
  const Address address = closed_address();
  apply({endpoint_at("a", address)});
  ASSERT_TRUE(told_of(1));
  EXPECT_EQ(told[0].worker, "a");
  EXPECT_EQ(told[0].health, Health::kBad);
  RawServer late(address.port);
  ASSERT_TRUE(told_of(2));
  EXPECT_EQ(told[1].health, Health::kGood);
}

TEST_F(Probing, ByHttpWantsAGoodStatus) {
  Answering worker;
  spec.kind = ProbeSpec::Kind::kHttp;
  worker.status = 503;
  apply({endpoint_at("a", worker.address())});
  ASSERT_TRUE(told_of(1));
  EXPECT_EQ(told[0].health, Health::kBad);
  EXPECT_GE(worker.asked, 3);
  EXPECT_THAT(worker.last_request(), HasSubstr("GET /up HTTP/1.1\r\n"));
  EXPECT_THAT(worker.last_request(), HasSubstr("Host: " + worker.address().text() + "\r\n"));
  worker.status = 302;
  ASSERT_TRUE(told_of(2));
  EXPECT_EQ(told[1].health, Health::kGood);
}

TEST_F(Probing, TakesSilenceForABadAnswer) {
  Answering worker;
  worker.status = 0;
  spec.kind = ProbeSpec::Kind::kHttp;
  spec.timeout = 20ms;
  apply({endpoint_at("a", worker.address())});
  ASSERT_TRUE(told_of(1));
  EXPECT_EQ(told[0].health, Health::kBad);
}

TEST_F(Probing, GoesOnWithTheSameRecordWhenATableComes) {
  Answering good;
  spec.kind = ProbeSpec::Kind::kHttp;
  apply({endpoint_at("a", closed_address()), endpoint_at("b", good.address())});
  ASSERT_TRUE(told_of(1));
  spec.interval = 1ms;
  apply({endpoint_at("a", closed_address()), endpoint_at("b", good.address())});
  const int asked = good.asked;
  while (good.asked < asked + 5) {
    io.run_one_for(10ms);
    io.restart();
  }
  // "a" moved to another closed port, so it was good again, and bad again.
  EXPECT_TRUE(told_of(2));
  EXPECT_EQ(told[1].worker, "a");
}

TEST_F(Probing, EndsWithTheEndpointAndWithTheWish) {
  Answering a, b;
  spec.kind = ProbeSpec::Kind::kHttp;
  spec.interval = 1h;  // so that "a", the second, is not asked yet
  apply({endpoint_at("b", b.address()), endpoint_at("a", a.address())});
  spec.interval = 2ms;
  apply({endpoint_at("a", a.address(), wire::EndpointState::kDraining),
         endpoint_at("b", b.address())});
  apply({endpoint_at("a", a.address(), wire::EndpointState::kGone), endpoint_at("b", b.address())});
  while (b.asked < 5) {
    io.run_one_for(10ms);
    io.restart();
  }
  EXPECT_EQ(a.asked, 0);
  wire::ServiceTable none;
  none.stamp = {2, 1};
  none.service = {"web"};
  none.endpoints = {endpoint_at("b", b.address())};
  prober.apply(none, {});
  io.run();  // nothing keeps it going any more
  EXPECT_TRUE(told.empty());
}

TEST_F(Probing, DropsWhatIsUnderWayWhenItEnds) {
  SilentAddress silent;
  boost::asio::io_context owner;
  auto ending = std::make_unique<Prober>(
      owner, [](const ServiceId&, const WorkerId&, Health) { ADD_FAILURE() << "after its end"; });
  wire::ServiceTable table;
  table.stamp = {1, 1};
  table.policy.ready_probe = spec;
  table.endpoints = {endpoint_at("a", silent.address()), endpoint_at("b", closed_address())};
  ending->apply(table, {});
  ending.reset();
  owner.run();
}

// The handshake's other side, on a thread of its own.
class TlsAnswering {
 public:
  explicit TlsAnswering(SSL_CTX* context) : thread_([this, context] { run(context); }) {}
  ~TlsAnswering() {
    ending_ = true;
    RawSocket::connected_to(server_.address());
    thread_.join();
  }
  const Address& address() const { return server_.address(); }
  std::atomic<int> asked{0};

 private:
  void run(SSL_CTX* context) {
    for (;;) {
      RawSocket socket = server_.accept_some_time();
      if (ending_) return;
      auto peer = TlsPeer::worker(std::move(socket), context);
      if (!peer.shake_hands().empty()) continue;
      if (peer.receive_message().empty()) continue;
      ++asked;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  }
  RawServer server_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

TEST_F(Probing, GoesByTlsWhereRequestsDoAndChecksTheCertificate) {
  TestAuthority authority, strangers("strangers");
  const auto context = worker_context(
      authority.issue({.common_name = "w", .names = {"worker.example"}, .addresses = {}}));
  TlsAnswering worker(context.get());
  spec.kind = ProbeSpec::Kind::kHttp;
  tls = wire::UpstreamTls{.ca = strangers.ca_file(), .server_name = "", .verify = true};
  apply({endpoint_at("a", worker.address())});
  ASSERT_TRUE(told_of(1));
  EXPECT_EQ(told[0].health, Health::kBad);
  EXPECT_EQ(worker.asked, 0);
  tls->ca = authority.ca_file();
  apply({endpoint_at("a", worker.address())});
  ASSERT_TRUE(told_of(2));
  EXPECT_EQ(told[1].health, Health::kGood);
  EXPECT_GE(worker.asked, 2);
}

}  // namespace
}  // namespace foretide::balancer
