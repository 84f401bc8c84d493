// The balancer's program file is started anew under traffic, as after an upgrade: no connection is
// refused and no request fails, and a successor that cannot serve changes nothing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "common/settings/node_settings.hpp"
#include "deploy/cli/local_cluster.hpp"
#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::size_t count_in(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

// Clients that connect anew for each request.
class Newcomers {
 public:
  Newcomers(const Address& address, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      threads_.emplace_back([this, address] {
        while (!ending_) record(ask(address, "/"));
      });
    }
  }
  ~Newcomers() { stop(); }
  std::uint64_t answered() const { return answered_; }
  std::vector<std::string> stop() {
    ending_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return failures_;
  }

 private:
  void record(const Answer& answer) {
    if (answer.status == 200) {
      ++answered_;
      return;
    }
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::to_string(answer.status) + " " + answer.body);
  }

  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> answered_{0};
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::vector<std::thread> threads_;
};

// A service manager's ear: what is said to NOTIFY_SOCKET, in order.
class Notices {
 public:
  explicit Notices(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Notices() { ::close(fd_); }
  Notices(const Notices&) = delete;
  std::string next() {
    char bytes[256];
    const auto size = ::recv(fd_, bytes, sizeof bytes, 0);
    return size < 0 ? "(nothing)" : std::string(bytes, static_cast<std::size_t>(size));
  }

 private:
  int fd_;
};

// Follows the process that serves from one replacement to the next. Whoever is left behind by its
// starter becomes our child, so that its end can be waited for.
class Serving {
 public:
  Serving(pid_t first, std::filesystem::path log) : pid_(first), log_(std::move(log)) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  ~Serving() {
    if (replaced_ > 0) end(SIGKILL);
  }
  pid_t pid() const { return pid_; }
  std::string log() const { return text_of(log_); }
  void ask() const { ::kill(pid_, SIGUSR2); }
  // Once another serves.
  void replace() {
    ask();
    const std::string words = " serves now; ending what is in flight here";
    const auto told = [&] { return count_in(log(), words) == replaced_ + 1; };
    ASSERT_TRUE(eventually(told)) << log();
    ++replaced_;
    const std::string text = log();
    const auto end = text.rfind(words);
    const auto begin = text.rfind(' ', end - 1) + 1;
    pid_ = std::stoi(text.substr(begin, end - begin));
  }
  // Of one that was started by a balancer.
  bool end(int signal) {
    const pid_t pid = std::exchange(pid_, -1);
    if (pid <= 0) return true;
    ::kill(pid, signal);
    return eventually([pid] {
      const bool reaped = ::waitpid(pid, nullptr, WNOHANG) == pid;
      return reaped || ::kill(pid, 0) != 0;
    });
  }

 private:
  pid_t pid_;
  std::filesystem::path log_;
  std::size_t replaced_ = 0;
};

class Replacement : public testing::Test {
 protected:
  void SetUp() override {
    const std::uint16_t port = cli::free_ports(1);
    auto worker = ChildProcess::start({{program("example-worker"), "--host", "127.0.0.1", "--port",
                                        std::to_string(port), "--slots", "64"},
                                       {},
                                       folder_.path / "worker.log",
                                       ""});
    ASSERT_TRUE(worker) << worker.error();
    worker_.emplace(std::move(*worker));
    ASSERT_TRUE(eventually([&] { return ask({"127.0.0.1", port}, "/").status == 200; }));
    upstream_ = "127.0.0.1:" + std::to_string(port);
    write_config(service());
    auto balancer = ChildProcess::start(
        {{program("foretide-balancer"), "--standalone", "--config", config(), "--threads", "2"},
         {{"NOTIFY_SOCKET", folder_.path / "notify"}},
         folder_.path / "balancer.log",
         ""});
    ASSERT_TRUE(balancer) << balancer.error();
    first_.emplace(std::move(*balancer));
    serving_.emplace(first_->pid(), folder_.path / "balancer.log");
    ASSERT_EQ(notices_.next(), "READY=1") << serving_->log();
    address_ = address_told();
    traffic_.emplace(address_, "/", 3);
    traffic_->clients(3);
    newcomers_.emplace(address_, 3);
    expect_progress();
  }

  std::string config() const { return folder_.path / "cluster.yaml"; }
  std::string socket() const { return folder_.path / "traffic.sock"; }
  std::string service() const { return "services:\n  web: {upstreams: [\"" + upstream_ + "\"]}\n"; }
  void write_config(const std::string& services, const std::string& more_addresses = "") const {
    std::ofstream(config()) << "version: 1\nlisten: {traffic: [\"127.0.0.1:0\", \"unix:" +
                                   socket() + "\"" + more_addresses +
                                   "], balancer_admin: \"127.0.0.1:0\"}\n" + services;
  }
  // Port 0 was asked for.
  Address address_told() const {
    const std::string log = serving_->log(), words = "serving on 127.0.0.1:";
    const auto at = log.find(words);
    if (at == std::string::npos) return {};
    return {"127.0.0.1", static_cast<std::uint16_t>(std::stoi(log.substr(at + words.size())))};
  }

  void expect_progress() {
    const auto kept = traffic_->answered(), anew = newcomers_->answered();
    EXPECT_TRUE(eventually([&] {
      return traffic_->answered() > kept + 100 && newcomers_->answered() > anew + 100;
    })) << serving_->log();
  }

  void expect_nothing_lost() {
    EXPECT_EQ(newcomers_->stop(), std::vector<std::string>());
    EXPECT_EQ(traffic_->stop().failures, std::vector<std::string>());
  }

  TemporaryFolder folder_;
  Notices notices_{folder_.path / "notify"};
  std::optional<ChildProcess> worker_, first_;
  std::string upstream_;
  std::optional<Serving> serving_;
  Address address_;
  std::optional<Traffic> traffic_;
  std::optional<Newcomers> newcomers_;
};

TEST_F(Replacement, ThreeTimesInARowLosesNothing) {
  for (int i = 0; i < 3; ++i) {
    serving_->replace();
    EXPECT_EQ(notices_.next(), "MAINPID=" + std::to_string(serving_->pid()));
    EXPECT_EQ(notices_.next(), "READY=1");
    expect_progress();
  }
  EXPECT_TRUE(first_->wait(kPatience)) << "the first balancer has not ended";
  EXPECT_EQ(count_in(serving_->log(), "serving on " + address_.text() + "\n"), 4u);
  EXPECT_EQ(count_in(serving_->log(), "are cut"), 0u) << serving_->log();
  expect_nothing_lost();
  EXPECT_TRUE(std::filesystem::exists(socket()));
  EXPECT_TRUE(serving_->end(SIGTERM));
  EXPECT_EQ(notices_.next(), "STOPPING=1");
  EXPECT_FALSE(std::filesystem::exists(socket())) << "the last one leaves its socket behind";
}

TEST_F(Replacement, ByOneThatCannotStartChangesNothing) {
  write_config("services: [\n");
  serving_->ask();
  ASSERT_TRUE(eventually([&] {
    return count_in(serving_->log(), "not replaced, this process goes on: it ended with status 1");
  })) << serving_->log();
  EXPECT_EQ(count_in(serving_->log(), "foretide-balancer: " + config()), 1u) << serving_->log();
  expect_progress();
  EXPECT_TRUE(std::filesystem::exists(socket()));

  // It has taken the sockets when it fails.
  write_config(service(), ", \"" + upstream_ + "\"");
  serving_->ask();
  ASSERT_TRUE(eventually([&] { return count_in(serving_->log(), "it ended with status 1") == 2; }))
      << serving_->log();
  EXPECT_EQ(count_in(serving_->log(), "cannot listen on " + upstream_), 1u) << serving_->log();
  EXPECT_TRUE(std::filesystem::exists(socket()));

  write_config(service());
  serving_->replace();
  expect_progress();
  expect_nothing_lost();
}

// Something else has the program's name now, and says nothing.
TEST(SlowReplacement, IsEndedAfterItsTime) {
  const TemporaryFolder folder;
  const std::string own = folder.path / "foretide-balancer";
  std::filesystem::copy_file(program("foretide-balancer"), own);
  std::ofstream(folder.path / "c.yaml")
      << "version: 1\nlisten: {traffic: [\"127.0.0.1:0\"], balancer_admin: \"127.0.0.1:0\"}\n"
         "services:\n  web: {upstreams: [\"127.0.0.1:1\"]}\n";
  auto balancer = ChildProcess::start(
      {{own, "--standalone", "--config", folder.path / "c.yaml"}, {}, folder.path / "log", ""});
  ASSERT_TRUE(balancer) << balancer.error();
  const auto says = [&](const std::string& words) {
    return eventually([&] { return count_in(text_of(folder.path / "log"), words) > 0; });
  };
  ASSERT_TRUE(says("admin pages on"));
  std::filesystem::remove(own);
  std::ofstream(own) << "#!/bin/sh\nexec sleep 1000\n";
  std::filesystem::permissions(own, std::filesystem::perms::owner_all);
  balancer->signal(SIGUSR2);
  EXPECT_TRUE(says("this process goes on: it did not serve within 10 s and was ended"));
  std::filesystem::remove(own);
  balancer->signal(SIGUSR2);
  EXPECT_TRUE(says("this process goes on: it ended with status 127"));
  EXPECT_TRUE(balancer->running());
}

// With a coordinator: the successor takes over the control link, with another count of threads.
TEST(ReplacementInACluster, KeepsTablesAndOrders) {
  Cluster cluster("  web:\n    command: " + program("example-worker") +
                  " --host {host} --port {port} --slots 8\n    scale: {min: 1, max: 3}\n");
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  Traffic traffic(cluster.traffic(), "/", 2);
  traffic.clients(2);
  Newcomers newcomers(cluster.traffic(), 2);
  Serving serving(cluster.balancer().pid(), cluster.folder() / "balancer.log");
  const std::string config = cluster.folder() / "balancer/balancer.yaml";
  std::uint32_t joined = 1;
  for (const std::uint32_t threads : {3U, 2U, 1U}) {
    auto settings = read_balancer_settings(config);
    ASSERT_TRUE(settings) << settings.error();
    settings->threads = threads;
    std::ofstream(config) << balancer_yaml(*settings);
    serving.replace();
    ++joined;
    EXPECT_TRUE(eventually([&] { return count_in(serving.log(), "welcomed as edge") == joined; }))
        << serving.log();
    const auto before = newcomers.answered();
    EXPECT_TRUE(eventually([&] { return newcomers.answered() > before + 100; }));
  }
  // The new one is who is told where workers are.
  EXPECT_EQ(cluster.foretide({"scale", "web", "2", "--for", "1m"}).status, 0);
  EXPECT_TRUE(cluster.eventually_ready("web", 2));
  EXPECT_EQ(count_in(cluster.output_of("coordinator"), "two balancers use the key"), 0u);
  EXPECT_EQ(newcomers.stop(), std::vector<std::string>());
  EXPECT_EQ(traffic.stop().failures, std::vector<std::string>());
  EXPECT_TRUE(serving.end(SIGTERM));
}

// A request that wakes a service waits in the process that took it, though the other is told of the
// worker.
TEST(ReplacementInACluster, ServesWhatIsHeldInTheOldProcess) {
  Cluster cluster("  sleepy:\n    command: " + program("example-worker") +
                  " --host {host} --port {port} --start-delay 5s\n    scale: {min: 0, max: 1}\n");
  cluster.start_all();
  Serving serving(cluster.balancer().pid(), cluster.folder() / "balancer.log");
  Answer answer;
  std::thread client([&] { answer = ask(cluster.traffic(), "/"); });
  const bool begun =
      eventually([&] { return cluster.service("sleepy").value("starting", 0) == 1; });
  serving.replace();
  EXPECT_EQ(cluster.ready("sleepy"), 0u) << "it was ready too soon for this test to tell anything";
  client.join();
  EXPECT_TRUE(begun);
  EXPECT_EQ(answer.status, 200) << answer.body << serving.log();
  EXPECT_TRUE(serving.end(SIGTERM));
}

}  // namespace
}  // namespace foretide::e2e
