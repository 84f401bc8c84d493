// Two balancers and an address that moves from one to the other, in network namespaces, under a
// load of short and long requests, on kept and on new connections. When the balancer that has the
// address ends in peace, no request fails; when it is killed, each client loses what it had in
// flight there and nothing else. Needs root and `ip`; skipped, and says so, without them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>

#include "tests/e2e/cluster.hpp"
#include "tests/e2e/lan.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using Connections = Habits::Connections;

constexpr std::uint16_t kTrafficPort = 8080, kAdminPort = 7403, kQuick = 9001, kSlow = 9002;
constexpr std::uint32_t kClientsOfAKind = 4;

// What the clients do who have lost a request: they wait for this.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// Clients of four kinds: short and long requests, on kept and on new connections.
class Load {
 public:
  Load(const LanHost& client, const Address& to) {
    for (const char* path : {"/quick", "/slow"}) {
      for (const auto connections : {Connections::kKept, Connections::kNewForEach}) {
        kinds_.push_back(client.inside([&] {
          return std::make_unique<Traffic>(to, path, kClientsOfAKind,
                                           Habits{connections, [this] { gate.wait(); }});
        }));
        kinds_.back()->clients(kClientsOfAKind);
      }
    }
  }
  // Who waits there could not be joined.
  ~Load() { gate.open(); }
  std::size_t clients() const { return kinds_.size() * kClientsOfAKind; }
  // Every client has had several more answers, or enough of its kind have.
  bool goes_on() const {
    const auto counts = answered();
    return eventually([&] {
      for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (kinds_[i]->answered() < counts[i] + 5 * kClientsOfAKind) return false;
      }
      return true;
    });
  }
  std::size_t failed() const {
    return sum([](Traffic& kind) { return kind.so_far(); }).failed;
  }
  Tally stop() {
    gate.open();
    return sum([](Traffic& kind) { return kind.stop(); });
  }

  Gate gate;  // for those who have failed

 private:
  std::vector<std::uint64_t> answered() const {
    std::vector<std::uint64_t> counts;
    for (const auto& kind : kinds_) counts.push_back(kind->answered());
    return counts;
  }
  Tally sum(const std::function<Tally(Traffic&)>& of) const {
    Tally all;
    for (const auto& kind : kinds_) {
      const Tally tally = of(*kind);
      all.answered += tally.answered;
      all.failed += tally.failed;
      for (const auto& text : tally.failures) all.failures.push_back(text);
    }
    return all;
  }
  std::vector<std::unique_ptr<Traffic>> kinds_;
};

class MovingAddress : public testing::Test {
 protected:
  void SetUp() override {
    if (!lan_.made()) GTEST_SKIP() << "needs root, 'ip' and network namespaces; skipped";
    client_ = lan_.join(2);
    hosts_.push_back(lan_.join(11));
    hosts_.push_back(lan_.join(12));
    start_worker(kQuick, "5ms");
    start_worker(kSlow, "300ms");
    std::ofstream(config()) << "version: 1\nlisten:\n  traffic: [\"0.0.0.0:8080\"]\n"
                               "  balancer_admin: \"127.0.0.1:7403\"\n"
                               "  ready_path: /ready\n  lame_duck: 500ms\n  drain: 20s\n"
                               "  moving_address: "
                            << moving_.host
                            << "\nservices:\n  slow:\n    match: [{path_prefix: /slow}]\n"
                            << "    upstreams: [\"" << Address{lan_.address(1), kSlow}.text()
                            << "\"]\n  quick:\n    upstreams: [\""
                            << Address{lan_.address(1), kQuick}.text() << "\"]\n";
    give_address(*hosts_[0], moving_.host);
    start_balancer(0);
    start_balancer(1);
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << output_of(0) << output_of(1);
  }

  std::string config() const { return (folder_.path / "standalone.yaml").string(); }
  std::string output_file(std::size_t number) const {
    return (folder_.path / ("balancer" + std::to_string(number))).string();
  }
  std::string output_of(std::size_t number) const { return last_lines(output_file(number), 100); }

  void start(std::vector<ChildProcess>& among, const ChildSettings& settings) {
    auto child = ChildProcess::start(settings);
    ASSERT_TRUE(child) << child.error();
    among.push_back(std::move(*child));
  }
  void start_worker(std::uint16_t port, const std::string& time) {
    start(workers_, {.argv = lan_.wire().there({program("example-worker"), "--host",
                                                lan_.address(1), "--port", std::to_string(port),
                                                "--slots", "100", "--service-time", time}),
                     .env = {},
                     .output_file = (folder_.path / "worker").string(),
                     .workdir = ""});
    ASSERT_TRUE(eventually([&] {
      return ask_from(lan_.wire(), {lan_.address(1), port}, "/healthz").status == 200;
    }));
  }
  void start_balancer(std::size_t number) {
    start(balancers_, {.argv = hosts_[number]->there(
                           {program("foretide-balancer"), "--standalone", "--config", config()}),
                       .env = {},
                       .output_file = output_file(number),
                       .workdir = ""});
    ASSERT_TRUE(eventually([&] { return keeps_address(number); })) << output_of(number);
  }
  static Answer ask_from(const LanHost& host, const Address& address, const std::string& path) {
    return host.inside([&] { return ask(address, path, std::chrono::milliseconds(500)); });
  }
  Answer ready(std::size_t number) const {
    return ask_from(*hosts_[number], {"127.0.0.1", kTrafficPort}, "/ready");
  }
  Answer leaving(std::size_t number) const {
    return ask_from(*hosts_[number], {"127.0.0.1", kAdminPort}, "/leaving");
  }
  // The check of deploy/examples/keepalived.conf.
  bool keeps_address(std::size_t number) const {
    return ready(number).status == 200 || leaving(number).status == 200;
  }
  void move_address() {
    take_address(*hosts_[0], moving_.host);
    give_address(*hosts_[1], moving_.host);
  }

  const Address moving_{Lan::address(100), kTrafficPort};
  TemporaryFolder folder_;
  Lan lan_;
  std::unique_ptr<LanHost> client_;
  std::vector<std::unique_ptr<LanHost>> hosts_;  // of the balancers; the first has the address
  std::vector<ChildProcess> workers_, balancers_;
};

TEST_F(MovingAddress, LosesNoRequestWhenItsBalancerEndsInPeace) {
  Load load(*client_, moving_);
  ASSERT_TRUE(load.goes_on());
  balancers_[0].signal(SIGTERM);
  // As soon as the check may fail, which leaves no time for what should not be in flight any more.
  ASSERT_TRUE(eventually([&] { return leaving(0).body == "nobody is connected\n"; }));
  EXPECT_TRUE(balancers_[0].running()) << "it lets nobody be refused while it has the address";
  move_address();
  EXPECT_EQ(balancers_[0].wait(kPatience), 0);
  EXPECT_TRUE(load.goes_on());
  const Tally tally = load.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

TEST_F(MovingAddress, LosesWhatWasInFlightWhenItsBalancerIsKilled) {
  Load load(*client_, moving_);
  ASSERT_TRUE(load.goes_on());
  balancers_[0].signal(SIGKILL);
  ASSERT_TRUE(balancers_[0].wait(kPatience));
  EXPECT_FALSE(keeps_address(0));
  // One for each client: the request that it had there, or its next one, which was refused.
  ASSERT_TRUE(eventually([&] { return load.failed() == load.clients(); }));
  move_address();
  load.gate.open();
  EXPECT_TRUE(load.goes_on());
  const Tally tally = load.stop();
  EXPECT_EQ(tally.failed, load.clients()) << testing::PrintToString(tally.failures);
}

TEST_F(MovingAddress, DoesNotKeepABalancerThatHasItNot) {
  balancers_[1].signal(SIGTERM);
  EXPECT_EQ(balancers_[1].wait(kPatience), 0);
  EXPECT_THAT(output_of(1), Not(HasSubstr("moving_address")));
  EXPECT_EQ(ask_from(*client_, moving_, "/quick").status, 200);
}

}  // namespace
}  // namespace foretide::e2e
