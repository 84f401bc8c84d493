// When an address may move away, and when the balancer that had it may end.
#include "balancer/core/leaving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "balancer/core/tcp_table.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using namespace std::chrono_literals;

//  address  unfinished  quiet for   expect (drain: 30 s)
//  away     any         any         gone
//  here     2           1 s         busy
//  here     0           1 s         may move
//  here     2           30 s        time is up: they are cut
//  here     0           40 s        given up
TEST(Leaving, WaitsForTheLastConnectionAndThenForTheAddress) {
  const auto leaving = [](bool here, std::size_t unfinished, Duration quiet_for) {
    return leaving_for(
        {.address_is_here = here, .unfinished = unfinished, .quiet_for = quiet_for, .drain = 30s});
  };
  EXPECT_EQ(leaving(false, 2, 1s), Leaving::kGone);
  EXPECT_EQ(leaving(true, 2, 1s), Leaving::kBusy);
  EXPECT_EQ(leaving(true, 0, 1s), Leaving::kMayMove);
  EXPECT_EQ(leaving(true, 2, 30s), Leaving::kTimeUp);
  EXPECT_EQ(leaving(true, 0, 40s), Leaving::kGivenUp);
}

std::string line(const std::string& local, const std::string& state, const std::string& repeated) {
  return "   1: " + local + " 0300090A:0FA0 " + state + " 00000001:00000000 01:00000018 " +
         repeated + "     0        0 24647803 2 00000000a6a9c953 26 4 30 10 -1\n";
}

TEST(TcpTable, CountsWhomSomethingIsStillOwed) {
  const std::string v4 = "0100090A:1F90";
  const auto count = [](const std::string& lines) {
    return unfinished_in(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n" + lines,
        {8080, 8443});
  };
  EXPECT_EQ(count(line(v4, "0A", "00000000")), 0u) << "listens";
  EXPECT_EQ(count(line(v4, "06", "00000000")), 0u) << "has ended on both sides";
  EXPECT_EQ(count(line(v4, "05", "00000000")), 0u) << "has got all";
  for (const char* state : {"01", "03", "04", "08", "09", "0B", "0C"}) {
    EXPECT_EQ(count(line(v4, state, "00000000")), 1u) << state;
  }
  EXPECT_EQ(count(line(v4, "03", "00000003")), 0u) << "does not answer";
  EXPECT_EQ(count(line("0100090A:1F91", "01", "00000000")), 0u) << "another port";
  EXPECT_EQ(count(line("0000000000000000FFFF00000100007F:20FB", "01", "00000000") +
                  line(v4, "01", "00000000")),
            2u);
}

TEST(TcpTable, MakesNothingOfWhatIsNoLine) {
  EXPECT_EQ(unfinished_in("", {8080}), 0u);
  EXPECT_EQ(unfinished_in("\n\n1:\n1: :\n1: :1F90 x 01 1 1", {8080}), 0u);
  const std::string whole = line("0100090A:1F90", "01", "00000000");
  EXPECT_EQ(unfinished_in(whole.substr(0, 60), {8080}), 0u);
}

// Neither connected nor refused: the kernel has to ask again.
bool must_ask_again(const Address& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
  ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
  tcp_info now{};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  do {
    socklen_t size = sizeof now;
    ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &now, &size);
    pollfd answered{fd, POLLOUT, 0};
    ::poll(&answered, 1, 10);
  } while (now.tcpi_state == TCP_SYN_SENT && now.tcpi_total_retrans == 0 &&
           std::chrono::steady_clock::now() < deadline);
  ::close(fd);
  return now.tcpi_state == TCP_SYN_SENT && now.tcpi_total_retrans > 0;
}

class GoingQuiet : public WorkerBehindProxy {};

TEST_F(GoingQuiet, ServesWhoIsThereAndDoesNotHearWhoComes) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto busy = proxy.client();
  busy.send(get());
  auto upstream = worker.accept();
  // The thread is busy with this call, so this one stands in the backlog when silence begins.
  auto waiting = proxy.on_thread([&](TrafficThread& thread) {
    auto late = proxy.client();
    late.send(get());
    thread.go_quiet();
    return late;
  });
  EXPECT_TRUE(must_ask_again(proxy.address()));
  auto second = worker.accept();
  serve(upstream, "begun before");
  EXPECT_THAT(busy.receive_all(), EndsWith("begun before"));
  serve(second, "connected before");
  EXPECT_THAT(waiting.receive_all(), EndsWith("connected before"));
}

}  // namespace
}  // namespace foretide::balancer
