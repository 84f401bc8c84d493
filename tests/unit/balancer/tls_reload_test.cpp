// Certificates of a whole balancer: read at its start and at a reload, which changes all or
// nothing.
#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "balancer/balancer.hpp"
#include "tests/unit/balancer/tls_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class TlsReloads : public testing::Test {
 protected:
  TlsReloads() : work_(io_.get_executor()), owner_([this] { io_.run(); }) {
    settings.listen.traffic.clear();
    settings.listen.balancer_admin = {"127.0.0.1", 0};
    settings.listen.tls = tls_for({authority.issue({.common_name = "first"})});
    settings.listen.tls->addresses = {{"127.0.0.1", 0}};
    settings.services.emplace_back();
    settings.services[0].id = {"web"};
    settings.services[0].upstreams = {worker.address()};
  }
  ~TlsReloads() override {
    if (balancer_) {
      std::promise<void> stopped;
      on_owner([&] {
        balancer_->stop([&] { stopped.set_value(); });
        balancer_->stop([] {});
        return true;
      });
      EXPECT_EQ(stopped.get_future().wait_for(kPatience), std::future_status::ready);
      on_owner([&] {
        balancer_.reset();
        return true;
      });
    }
    work_.reset();
    owner_.join();
  }

  template <class Call>
  auto on_owner(Call call) -> decltype(call()) {
    std::promise<decltype(call())> done;
    boost::asio::post(io_, [&] { done.set_value(call()); });
    return done.get_future().get();
  }
  std::string start() {
    return on_owner([&]() -> std::string {
      auto made = Balancer::standalone(io_, settings, 2);
      if (!made) return made.error();
      balancer_ = std::move(*made);
      return "";
    });
  }
  std::string reload() {
    return on_owner([&]() -> std::string {
      const auto applied = balancer_->apply(settings);
      return applied ? "" : applied.error();
    });
  }
  TlsPeer connect() {
    auto peer = TlsPeer::client(RawSocket::connected_to(balancer_->traffic().front().address), {});
    EXPECT_EQ(peer.shake_hands(), "");
    return peer;
  }
  // Of a new connection, when that is what it gets on either thread.
  bool gets(const std::string& name) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (int in_a_row = 0; in_a_row < 16;) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      in_a_row = connect().certificate_name() == "CN=" + name ? in_a_row + 1 : 0;
    }
    return true;
  }
  void exchange(TlsPeer& client) {
    client.send(get());
    auto upstream = worker.accept();
    upstream.receive_message();
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_THAT(client.receive_message(), EndsWith("hi"));
  }

  TestAuthority authority;
  RawServer worker;
  ClusterSettings settings;

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread owner_;
  std::unique_ptr<Balancer> balancer_;
};

TEST_F(TlsReloads, GiveNewConnectionsTheNewCertificate) {
  ASSERT_EQ(start(), "");
  auto before = connect();
  exchange(before);
  settings.listen.tls->certificates = {authority.issue({.common_name = "second"})};
  EXPECT_EQ(reload(), "");
  EXPECT_TRUE(gets("second"));
  exchange(before);
}

TEST_F(TlsReloads, WithAFaultChangeNothing) {
  ASSERT_EQ(start(), "");
  const auto good = settings;
  settings.listen.tls->certificates = {authority.issue({.common_name = "second"}),
                                       {authority.write("bad.pem", "x"), "/nowhere.key"}};
  settings.services[0].upstreams = {closed_address()};
  EXPECT_THAT(reload(), HasSubstr("/bad.pem: holds no certificate"));
  EXPECT_TRUE(gets("first"));
  auto client = connect();
  exchange(client);
  settings.listen = good.listen;
  settings.services[0].traffic.tls =
      wire::UpstreamTls{.ca = "/nowhere.pem", .server_name = "", .verify = true};
  EXPECT_THAT(reload(), HasSubstr("services.web.tls: ca: /nowhere.pem: cannot be read"));
  auto still = connect();
  exchange(still);
}

TEST_F(TlsReloads, AreNotNeededForAFaultAtTheStart) {
  settings.listen.tls->certificates.push_back({"/nowhere.pem", "/nowhere.key"});
  EXPECT_THAT(start(), HasSubstr("listen.tls: /nowhere.pem: cannot be read"));
}

// What a table names is read again, too: an authority that was replaced in its file.
TEST_F(TlsReloads, ReadTheAuthoritiesOfWorkersAgain) {
  TestAuthority other{"other"};
  const auto file = authority.write("workers.pem", text_of_file(other.ca_file()));
  settings.services[0].traffic.tls =
      wire::UpstreamTls{.ca = file, .server_name = "w.example", .verify = true};
  const auto context = worker_context(authority.issue({.names = {"w.example"}}));
  ASSERT_EQ(start(), "");
  auto client = connect();
  client.send(get());
  auto refused = TlsPeer::worker(worker.accept(), context.get());
  refused.shake_hands();
  EXPECT_EQ(refused.receive_all(), "") << "not a byte of a request";
  authority.write("workers.pem", text_of_file(authority.ca_file()));
  EXPECT_EQ(reload(), "");
  for (;;) {  // one that was begun before is refused still
    auto upstream = TlsPeer::worker(worker.accept(), context.get());
    upstream.shake_hands();
    if (upstream.receive_until("\r\n\r\n").empty()) continue;
    upstream.send(ok("believed"));
    break;
  }
  EXPECT_THAT(client.receive_message(), EndsWith("believed"));
}

}  // namespace
}  // namespace foretide::balancer
