#include "agent/io/start_probe.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "agent/io/listener.hpp"
#include "agent/io/quiet_watch.hpp"
#include "common/io/descriptor.hpp"
#include "tests/unit/agent/scratch.hpp"

namespace foretide::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::HasSubstr;

// A bound port on which nobody listens until told to, so that no other test takes it meanwhile.
class Port {
 public:
  explicit Port(const char* host = "127.0.0.1")
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, host, &address.sin_addr);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    number_ = ntohs(address.sin_port);
  }
  void listen(int backlog = 16) { EXPECT_EQ(::listen(socket_.get(), backlog), 0); }
  int release() { return socket_.release(); }
  std::uint16_t number() const { return number_; }

 private:
  Descriptor socket_;
  std::uint16_t number_ = 0;
};

// A connection under way, whether anybody takes it or not.
Descriptor dial(const Port& port) {
  Descriptor dialled(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port.number());
  [[maybe_unused]] const int begun =
      connect(dialled.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  return dialled;
}

class Probing : public testing::Test {
 protected:
  StartProbe::Target target(const Port& port, ProbeSpec spec = {}) {
    StartProbe::Target to;
    to.address = {"127.0.0.1", port.number()};
    to.spec = std::move(spec);
    to.leader = getpid();
    to.members = [] { return std::vector<std::int64_t>{}; };
    return to;
  }
  void probe(StartProbe::Target to) {
    outcome.reset();
    probe_ = std::make_unique<StartProbe>(context, tree, std::move(to),
                                          [this](std::string text) { outcome = std::move(text); });
  }
  bool has_outcome() {
    return run_until(context, [this] { return outcome.has_value(); });
  }
  // Answers every connection with this status; the acceptor is this process's own.
  void serve(Port& port, std::string status) {
    port.listen();
    acceptor.emplace(context);
    acceptor->assign(tcp::v4(), port.release());
    accept(std::move(status));
  }
  void accept(std::string status) {
    acceptor->async_accept([this, status](const boost::system::error_code& error,
                                          tcp::socket peer) {
      if (error) return;
      auto kept = std::make_shared<tcp::socket>(std::move(peer));
      auto buffer = std::make_shared<asio::streambuf>();
      asio::async_read_until(
          *kept, *buffer, "\r\n\r\n",
          [this, kept, buffer, status](const boost::system::error_code&, std::size_t got) {
            if (got == 0) return;
            ++times_asked;
            asked =
                std::string(asio::buffers_begin(buffer->data()), asio::buffers_end(buffer->data()));
            boost::system::error_code ignored;
            asio::write(*kept, asio::buffer("HTTP/1.1 " + status + "\r\n\r\n"), ignored);
          });
      accept(status);
    });
  }

  asio::io_context context;
  ProcTree tree;
  std::optional<std::string> outcome;
  std::optional<tcp::acceptor> acceptor;
  std::string asked;
  int times_asked = 0;
  std::unique_ptr<StartProbe> probe_;
};

TEST_F(Probing, PassesWithinMillisecondsOnceTheWorkerListens) {
  Port port;
  probe(target(port));
  for (int turns = 0; turns < 20; ++turns) context.run_one_for(milliseconds(5));
  ASSERT_FALSE(outcome);
  port.listen();
  const auto since = std::chrono::steady_clock::now();
  ASSERT_TRUE(has_outcome());
  EXPECT_EQ(*outcome, "");
  EXPECT_LT(std::chrono::steady_clock::now() - since, milliseconds(500));
}

TEST_F(Probing, FailsWhenItsTimeIsOver) {
  Port port;
  ProbeSpec spec;
  spec.timeout = milliseconds(60);
  probe(target(port, spec));
  ASSERT_TRUE(has_outcome());
  EXPECT_EQ(*outcome,
            "not ready within 60 ms: is not listening on port " + std::to_string(port.number()));
}

TEST_F(Probing, CountsTheTimeThatTheStartTookBeforeAnAdoption) {
  Port port;
  StartProbe::Target to = target(port);
  to.running = std::chrono::seconds(61);
  probe(std::move(to));
  ASSERT_TRUE(has_outcome());
  EXPECT_THAT(*outcome, HasSubstr("not ready within 60 s"));
}

TEST_F(Probing, NeverTakesAStrangerForTheWorker) {
  Port port;
  port.listen();
  ProbeSpec spec;
  spec.timeout = milliseconds(100);
  StartProbe::Target to = target(port, spec);
  to.leader = 1;  // lives, and does not have this socket
  if (!tree.has_socket(1, 0)) GTEST_SKIP() << "pid 1 does not show its descriptors";
  probe(std::move(to));
  ASSERT_TRUE(has_outcome());
  EXPECT_THAT(*outcome, HasSubstr("is answered by another program"));
}

TEST_F(Probing, FindsTheListenerInAChildOfTheWorker) {
  Port port;
  port.listen();
  StartProbe::Target to = target(port);
  to.leader = 1;
  to.members = [] { return std::vector<std::int64_t>{1, getpid()}; };
  probe(std::move(to));
  ASSERT_TRUE(has_outcome());
  EXPECT_EQ(*outcome, "");
}

TEST_F(Probing, AsksByHttpUntilTheAnswerIsGood) {
  Port port;
  serve(port, "204 No Content");
  probe(target(port, {ProbeSpec::Kind::kHttp, "/healthz", milliseconds(5000)}));
  ASSERT_TRUE(has_outcome());
  EXPECT_EQ(*outcome, "");
  EXPECT_THAT(asked, testing::StartsWith("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_F(Probing, TellsWhatTheHttpProbeWasAnswered) {
  Port port;
  serve(port, "503 Loading");
  probe(target(port, {ProbeSpec::Kind::kHttp, "/", milliseconds(150)}));
  ASSERT_TRUE(has_outcome());
  EXPECT_THAT(*outcome, HasSubstr("GET / answered 503"));
}

TEST_F(Probing, LooksWhoseTheListenerIsOnceHoweverOftenItAsks) {
  Port port;
  serve(port, "503 Loading");
  StartProbe::Target to =
      target(port, {ProbeSpec::Kind::kHttp, "/", std::chrono::milliseconds(9000)});
  int looks = 0;
  to.leader = 1;  // does not have the socket, so that each look asks for the others
  to.members = [&] {
    ++looks;
    return std::vector<std::int64_t>{getpid()};
  };
  probe(std::move(to));
  ASSERT_TRUE(run_until(context, [&] { return times_asked >= 5; }));
  EXPECT_EQ(looks, 1);
}

TEST_F(Probing, TellsWhereElseAWorkerListens) {
  Port port("127.0.0.2");
  port.listen();
  ProbeSpec spec;
  spec.timeout = milliseconds(60);
  probe(target(port, spec));
  ASSERT_TRUE(has_outcome());
  EXPECT_EQ(*outcome,
            "not ready within 60 ms: listens on 127.0.0.2 only, but is to be reached at 127.0.0.1: "
            "pass {host} in its command, for example `--host {host}`");
}

TEST_F(Probing, TellsThatAWorkerListensOnLoopbackOnly) {
  Port port;
  port.listen();
  StartProbe::Target to = target(port);
  to.address.host = "255.255.255.255";  // nobody can be connected to there, and nothing is sent
  probe(std::move(to));
  ASSERT_TRUE(has_outcome());
  EXPECT_THAT(*outcome, HasSubstr("listens on 127.0.0.1 only"));
  EXPECT_THAT(*outcome, HasSubstr("{host}"));
}

// Its backlog is full, as when it hangs: that is no matter of where it listens.
TEST_F(Probing, DoesNotBlameTheAddressOfAWorkerThatDoesNotAccept) {
  Port port("0.0.0.0");
  port.listen(0);
  std::vector<Descriptor> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(dial(port));
  ProbeSpec spec;
  spec.timeout = milliseconds(1200);
  probe(target(port, spec));
  ASSERT_TRUE(has_outcome());
  EXPECT_THAT(*outcome, HasSubstr("listens on 0.0.0.0, but no connection to 127.0.0.1:"));
}

TEST_F(Probing, AfterItIsStoppedNothingIsCalled) {
  Port port;
  port.listen();
  probe(target(port));
  probe_.reset();
  context.run_for(milliseconds(20));
  EXPECT_FALSE(outcome);
}

TEST_F(Probing, QuietIsToldWhenTheLastConnectionIsGone) {
  Port port;
  port.listen();
  tcp::socket client(context);
  client.connect({asio::ip::address_v4::loopback(), port.number()});
  bool quiet = false;
  const QuietWatch watch(context, tree, port.number(), [&] { quiet = true; });
  context.run_for(milliseconds(50));
  EXPECT_FALSE(quiet);
  boost::system::error_code ignored;
  client.set_option(asio::socket_base::linger(true, 0), ignored);  // reset, not a slow farewell
  client.close();
  EXPECT_TRUE(run_until(context, [&] { return quiet; }));
}

TEST(StartProbe, AsksOftenAtFirstAndLessOftenLater) {
  EXPECT_EQ(pause_for(milliseconds(0)), milliseconds(2));
  EXPECT_EQ(pause_for(std::chrono::seconds(1)), milliseconds(20));
  EXPECT_EQ(pause_for(std::chrono::minutes(1)), milliseconds(100));
}

TEST(StartProbe, ReadsTheStatusOfAnAnswer) {
  EXPECT_EQ(status_in("HTTP/1.1 200 OK\r\n"), 200);
  EXPECT_EQ(status_in("HTTP/1.0 503"), 503);
  EXPECT_EQ(status_in("HTTP/1.1 20"), 0);
  EXPECT_EQ(status_in("SSH-2.0-OpenSSH"), 0);
  EXPECT_EQ(status_in("HTTP/1.1 2x0"), 0);
  EXPECT_EQ(status_in(""), 0);
}

TEST(StartProbe, APortIsFreeOnlyWhenNobodyListensOnIt) {
  Port port;
  port.listen();
  EXPECT_FALSE(port_is_free(port.number()));
  std::uint16_t freed = 0;
  {
    Port other;
    other.listen();
    freed = other.number();
  }
  EXPECT_TRUE(port_is_free(freed));
}

}  // namespace
}  // namespace foretide::agent
