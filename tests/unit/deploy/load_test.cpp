#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>

#include "deploy/cli/latency_record.hpp"
#include "deploy/cli/load_run.hpp"
#include "deploy/cli/load_shape.hpp"

namespace foretide::cli {
namespace {

using Kind = LoadShape::Kind;

// The sum of small slices of the rate, for comparison with the formula.
double summed(const LoadShape& shape, double until) {
  double due = 0;
  constexpr double kSlice = 0.001;
  for (double t = 0; t < until; t += kSlice) due += shape.rate_at(t + kSlice / 2) * kSlice;
  return due;
}

TEST(LoadShape, OfEveryKindIsDueAsItsRateSays) {
  for (Kind kind : {Kind::kWave, Kind::kRamp, Kind::kStep}) {
    const LoadShape shape{
        .kind = kind, .low_rps = 5, .high_rps = 60, .seconds = 30, .period_seconds = 12};
    for (double until : {0.0, 7.5, 15.0, 29.0, 30.0}) {
      EXPECT_NEAR(shape.due_by(until), summed(shape, until), 0.2) << int(kind) << " at " << until;
    }
    EXPECT_EQ(shape.due_by(31), shape.due_by(30)) << "nothing is due after the end";
  }
}

TEST(LoadShape, OfAWaveBeginsAndEndsLow) {
  const LoadShape shape{.low_rps = 5, .high_rps = 60, .seconds = 20, .period_seconds = 20};
  EXPECT_NEAR(shape.rate_at(0), 5, 1e-9);
  EXPECT_NEAR(shape.rate_at(10), 60, 1e-9);
  EXPECT_NEAR(shape.rate_at(20), 5, 1e-9);
}

TEST(LoadShape, RatesAreReadAsOneOrAsARange) {
  EXPECT_EQ(*parse_rates("5..60"), (std::pair{5.0, 60.0}));
  EXPECT_EQ(*parse_rates("2.5"), (std::pair{2.5, 2.5}));
  for (const char* wrong : {"", "x", "5..", "..5", "60..5", "-1", "5...6", "inf", "nan", "1e"}) {
    EXPECT_FALSE(parse_rates(wrong)) << wrong;
  }
}

TEST(LoadTarget, IsReadFromAUrl) {
  const auto whole = parse_url("http://127.0.0.1:8080/a/b?c=d");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->host, "127.0.0.1");
  EXPECT_EQ(whole->port, 8080);
  EXPECT_EQ(whole->path, "/a/b?c=d");
  const auto bare = parse_url("http://example.org");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->port, 80);
  EXPECT_EQ(bare->path, "/");
  EXPECT_EQ(parse_url("http://[::1]:81/")->host, "::1");
  for (const char* wrong :
       {"", "127.0.0.1:8080", "https://a/", "http://", "http:///x", "http://a:b/",
        "http://a:99999/", "http://a/b c", "http://a/\r\nX: y"}) {
    EXPECT_FALSE(parse_url(wrong)) << wrong;
  }
}

TEST(LatencyRecord, TellsQuantilesToTwoPercent) {
  LatencyRecord record;
  EXPECT_EQ(record.quantile_ms(0.5), 0);
  for (int ms = 1; ms <= 1000; ++ms) record.add(std::chrono::milliseconds(ms));
  EXPECT_NEAR(record.quantile_ms(0.5), 500, 11);
  EXPECT_NEAR(record.quantile_ms(0.99), 990, 20);
  EXPECT_EQ(record.quantile_ms(1.0), 1000);
  EXPECT_EQ(record.longest_ms(), 1000);
  EXPECT_EQ(record.count(), 1000u);
}

TEST(LatencyRecord, TakesTheShortestAndTheLongest) {
  LatencyRecord record;
  record.add(std::chrono::nanoseconds(0));
  record.add(std::chrono::hours(24 * 365));
  EXPECT_EQ(record.count(), 2u);
  EXPECT_NEAR(record.quantile_ms(0.5), 0.001, 0.0001);
}

TEST(LoadRun, CountsARefusedConnectionAsFailed) {
  // Port 1 of loopback: nothing listens there.
  LoadSettings settings;
  settings.target = {"127.0.0.1", 1, "/"};
  settings.shape = {.kind = Kind::kRamp, .low_rps = 100, .high_rps = 100, .seconds = 0.1};
  LoadProgress progress;
  const LoadResult result = run_load(
      settings, [] { return false; }, progress);
  EXPECT_EQ(result.sent, 10u);
  EXPECT_EQ(result.failed, 10u);
  EXPECT_EQ(result.answered, 0u);
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_NE(result.failures.begin()->first.find("cannot connect"), std::string::npos);
}

// A server that accepts and never answers.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

LoadResult load_on(const SilentServer& server, double seconds,
                   const std::function<bool(const LoadProgress&)>& end_asked) {
  LoadSettings settings;
  settings.target = {"127.0.0.1", server.port(), "/"};
  settings.shape = {.kind = Kind::kRamp, .low_rps = 100, .high_rps = 100, .seconds = seconds};
  settings.connections = 2;
  settings.timeout = std::chrono::seconds(20);
  LoadProgress progress;
  return run_load(
      settings, [&] { return end_asked(progress); }, progress);
}

TEST(LoadRun, EndsWhenAskedWhateverWaitsOrIsUnderWay) {
  const SilentServer server;
  const LoadResult result =
      load_on(server, 3600, [](const LoadProgress& progress) { return progress.sent >= 10; });
  EXPECT_GE(result.given_up, 10u);
  EXPECT_EQ(result.given_up, result.sent);
  EXPECT_EQ(result.failed, 0u);
}

TEST(LoadRun, EndsWhenAskedAfterTheLastRequestWasSent) {
  const SilentServer server;
  int asked_since = 0;  // the tenth request, which is the last
  const LoadResult result = load_on(server, 0.1, [&](const LoadProgress& progress) {
    return progress.sent == 10 && ++asked_since > 50;
  });
  EXPECT_EQ(result.given_up, 10u);
  EXPECT_EQ(result.failed, 0u);
}

}  // namespace
}  // namespace foretide::cli
