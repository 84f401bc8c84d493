// Workers come and go by numbers that are asked for: the length of a queue elsewhere, and what
// workers tell of themselves.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "common/io/descriptor.hpp"
#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

// A queue that tells how many items are in it, to one visitor at a time.
class Queue {
 public:
  Queue() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 16), 0);
    socklen_t size = sizeof address;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Queue() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/depth"; }

  std::atomic<int> items = 0;
  std::atomic<bool> broken = false;

 private:
  void serve() {
    while (true) {
      const Descriptor visitor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (visitor.get() < 0) return;
      std::string head(4096, '\0');
      if (recv(visitor.get(), head.data(), head.size(), 0) <= 0) continue;
      const std::string body = "{\"data\": {\"waiting\": " + std::to_string(items) + "}}";
      const std::string answer =
          broken ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
                 : "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body;
      send(visitor.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::string service(const std::string& scale) {
  return "  web:\n    command: " + program("example-worker") +
         " --host {host} --port {port} --slots 1 --service-time 500ms\n"
         "    capacity: {soft: 100}\n"
         "    stop: {drain: 10s, grace: 5s}\n"
         "    scale: {" +
         scale + "}\n";
}

TEST(AskedSignals, WorkersComeAndGoWithTheLengthOfAQueue) {
  Queue queue;
  Cluster cluster(service("min: 0, max: 4, idle: 3s, down: {window: 3s}, signals: [{queue: \"" +
                          queue.url() + "\", field: data.waiting, per_worker: 10, every: 1s}]"));
  cluster.start_all();
  EXPECT_TRUE(cluster.eventually_ready("web", 0));
  const auto signal = [&] { return cluster.service("web")["signals"][0]; };
  EXPECT_TRUE(eventually([&] { return signal()["state"] == "fine"; })) << signal();

  queue.items = 25;  // nobody sends a request
  EXPECT_TRUE(cluster.eventually_ready("web", 3));
  EXPECT_EQ(cluster.service("web")["last_decision"]["rule"], "queue");
  const Ran explained = cluster.foretide({"explain", "web"});
  EXPECT_NE(explained.output.find("signal queue: fine, 25 items in the queue"), std::string::npos)
      << explained.output;

  queue.items = 5;
  EXPECT_TRUE(cluster.eventually_ready("web", 1));
  queue.items = 0;
  EXPECT_TRUE(cluster.eventually_ready("web", 0));
  EXPECT_TRUE(eventually([&] { return cluster.workers_alive().empty(); }));

  queue.items = 15;
  EXPECT_TRUE(cluster.eventually_ready("web", 2));
  queue.broken = true;
  EXPECT_TRUE(eventually([&] {
    return signal()["text"].get<std::string>().find("answered 503") != std::string::npos;
  })) << signal();
  EXPECT_EQ(cluster.service("web")["desired"], 2) << "what is not known is not empty";
  queue.broken = false;
  queue.items = 0;
  EXPECT_TRUE(cluster.eventually_ready("web", 0));
}

TEST(AskedSignals, AWorkerWhoseMetricIsAboveItsLimitGetsAnother) {
  Cluster cluster(
      service("min: 1, max: 2, down: {window: 3s}, signals: "
              "[{metric: example_worker_waiting, below: 3}, "
              "{metric: example_worker_served_total, rate: true, below: 1000, name: served}]"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  Traffic traffic(cluster.traffic(), "/", 7);
  traffic.clients(7);  // one is served, six wait inside
  EXPECT_TRUE(cluster.eventually_ready("web", 2)) << cluster.service("web")["signals"];
  const auto service = cluster.service("web");
  bool asked = false;
  const auto decisions = cluster.get("/v1/services/web/decisions");
  for (const auto& decision : decisions["decisions"]) {
    asked = asked || decision["rule"] == "metric_example_worker_waiting";
  }
  EXPECT_TRUE(asked) << decisions;
  const auto& served = service["signals"][1];
  EXPECT_EQ(served["name"], "metric_served");
  EXPECT_NEAR(served["value"].get<double>(), 2.0, 1.0) << "a second, of half a second each";
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

}  // namespace
}  // namespace foretide::e2e
