// Workers that send interim answers (1xx) without end, before clients that read them and clients
// that do not.
#include <gmock/gmock.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/balancer/h2_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::HasSubstr;

const std::string kHint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

std::string hints(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += kHint;
  return bytes;
}

std::size_t count_of(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

class InterimAnswers : public WorkerBehindProxy {
 protected:
  void SetUp() override { proxy.apply({endpoint_at("a", worker.address())}); }
};

TEST_F(InterimAnswers, ArePassedOnByTheDozen) {
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(hints(60) + ok("done"));
  for (int i = 0; i < 60; ++i) EXPECT_EQ(client.receive_until("\r\n\r\n"), kHint);
  EXPECT_THAT(client.receive_message(), HasSubstr("done"));
}

TEST_F(InterimAnswers, WithoutEndAreEndedByA502) {
  auto client = proxy.client();
  client.send(get("/", "Connection: close\r\n"));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(hints(5000));
  const std::string answer = client.receive_all();
  EXPECT_GE(count_of("HTTP/1.1 103 ", answer), 100u);
  EXPECT_LT(count_of("HTTP/1.1 103 ", answer), 5000u);
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nHTTP/1.1 502 "));
  EXPECT_THAT(answer, HasSubstr("interim answers (1xx) without end"));
  EXPECT_EQ(proxy.traffic().failed_total, 1u);
}

// They cost as much when they are not passed on.
TEST_F(InterimAnswers, WithoutEndAreEndedForHttp10Too) {
  auto client = proxy.client();
  client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(hints(5000));
  EXPECT_THAT(client.receive_all(), testing::StartsWith("HTTP/1.1 502 "));
}

TEST_F(InterimAnswers, WithoutEndAreEndedOverHttp2) {
  H2Client client(proxy.client());
  const auto stream = client.request(h2_get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(hints(5000));
  EXPECT_EQ(client.finished(stream).status, 502);
  EXPECT_GE(client.answer(stream).interim.size(), 100u);
  EXPECT_LT(client.answer(stream).interim.size(), 5000u);
}

// Many workers' interim answers, as large as they may be, on one connection.
class LargeInterimAnswers : public InterimAnswers {
 protected:
  static constexpr std::size_t kStreams = 10, kEach = 90;

  LargeInterimAnswers() {
    // Of characters that HTTP/2 does not compress.
    const std::string large =
        "HTTP/1.1 103 Early Hints\r\nX: " + std::string(14'000, '~') + "\r\n\r\n";
    for (std::size_t i = 0; i < kEach; ++i) bytes_ += large;
  }
  void ask(H2Client& client) {
    for (std::size_t i = 0; i < kStreams; ++i) {
      streams.push_back(client.request(h2_get()));
      workers_.push_back({worker.accept()});
      workers_.back().socket.receive_message();
      const int little = 16 * 1024;
      ::setsockopt(workers_.back().socket.fd(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    }
  }
  std::size_t all() const { return kStreams * bytes_.size(); }
  // What is taken of it without waiting.
  std::size_t send_some() {
    std::size_t taken = 0;
    for (auto& [socket, sent] : workers_) {
      const auto size = ::send(socket.fd(), bytes_.data() + sent, bytes_.size() - sent,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size > 0) sent += static_cast<std::size_t>(size);
      if (size > 0) taken += static_cast<std::size_t>(size);
    }
    return taken;
  }
  // Until nothing more is taken for a moment.
  std::size_t send_until_blocked() {
    std::size_t taken = 0;
    for (bool more = true; more;) {
      taken += send_some();
      std::vector<pollfd> polls;
      for (auto& [socket, sent] : workers_) {
        if (sent < bytes_.size()) polls.push_back({socket.fd(), POLLOUT, 0});
      }
      more = ::poll(polls.data(), polls.size(), 300) > 0;
    }
    return taken;
  }
  void answer_all() {
    for (auto& [socket, sent] : workers_) socket.send(ok("done"));
  }

  std::vector<std::int32_t> streams;

 private:
  struct Worker {
    RawSocket socket;
    std::size_t sent = 0;
  };
  std::string bytes_;
  std::vector<Worker> workers_;
};

TEST_F(LargeInterimAnswers, AreHeldByTheClientThatDoesNotRead) {
  H2Client client(proxy.client());
  ask(client);
  // The kernel's buffers and a few blocks; not twelve megabytes.
  EXPECT_LT(send_until_blocked(), all() - 2'000'000);
  const auto have_come = [&](std::int32_t stream) {
    return client.answer(stream).interim.size() == kEach;
  };
  EXPECT_TRUE(client.wait_until([&] {
    send_some();
    return std::all_of(streams.begin(), streams.end(), have_come);
  }));
  answer_all();
  for (const auto stream : streams) EXPECT_EQ(client.finished(stream).body, "done");
}

}  // namespace
}  // namespace foretide::balancer
