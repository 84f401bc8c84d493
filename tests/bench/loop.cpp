// Measures the whole loop on loopback with the real programs, and prints what it saw: waking from
// zero, a load step, requests lost while everything around them is killed and restarted, and what
// an agent costs. It judges nothing. `bench-loop [wake|step|loss|agent]`, all four without an
// argument.
//
//     wake    the first request's answer, less the worker's own time to listen and to serve
//     step    from a step of the load until a second worker answers, the worker's start being
//             instant
//     loss    at least 20,000 requests over scale-downs, a coordinator's and an agent's kill and
//             restart
//     agent   CPU share and resident memory of an agent with 20 workers at 1 Hz, over 30 s
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "deploy/cli/local_cluster.hpp"
#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

using Clock = std::chrono::steady_clock;
double ms(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string service(const std::string& arguments, const std::string& rest) {
  return "  web:\n    command: " + program("example-worker") + " --host {host} --port {port} " +
         arguments + "\n" + rest;
}

// The worker's own time from exec to an answer, without Foretide.
double own_start_ms(const std::string& arguments) {
  const std::uint16_t port = cli::free_port();
  const auto begin = Clock::now();
  std::vector<std::string> argv{program("example-worker"), "--host", "127.0.0.1", "--port",
                                std::to_string(port)};
  for (std::size_t at = 0; at < arguments.size();) {
    const auto end = std::min(arguments.find(' ', at), arguments.size());
    argv.push_back(arguments.substr(at, end - at));
    at = end + 1;
  }
  auto worker = ChildProcess::start({argv, {}, "/dev/null", ""});
  while (ask({"127.0.0.1", port}, "/").status != 200) {
  }
  const double took = ms(Clock::now() - begin);
  worker->stop(std::chrono::seconds(5));
  return took;
}

void wake() {
  const std::string arguments = "--slots 4 --service-time 1ms --start-delay 200ms";
  Cluster cluster(
      service(arguments, "    scale: {min: 0, max: 2, idle: 1s, down: {window: 1s}}\n"));
  cluster.start_all();
  std::vector<double> beyond;
  for (int round = 0; round < 9; ++round) {
    eventually([&] { return cluster.ready("web") == 0 && cluster.workers_alive().empty(); });
    const double own = own_start_ms(arguments);
    const Answer first = ask(cluster.traffic(), "/");
    if (first.status != 200) std::printf("wake: round %d failed: %s\n", round, first.body.c_str());
    beyond.push_back(ms(first.took) - own);
  }
  std::sort(beyond.begin(), beyond.end());
  std::printf(
      "wake from zero, beyond the worker's own start: median %.1f ms, worst %.1f ms of %zu\n",
      beyond[beyond.size() / 2], beyond.back(), beyond.size());
}

void step() {
  std::vector<double> times;
  for (int round = 0; round < 5; ++round) {
    Cluster cluster(service("--slots 4 --service-time 50ms",
                            "    capacity: {soft: 4}\n    scale: {min: 1, max: 4}\n"));
    cluster.start_all();
    cluster.eventually_ready("web", 1);
    Traffic traffic(cluster.traffic(), "/", 8);
    traffic.clients(1);
    std::this_thread::sleep_for(std::chrono::seconds(12));  // a history to step from
    const auto begin = Clock::now();
    traffic.clients(7);
    eventually([&] { return traffic.so_far().by_worker.size() >= 2; });
    times.push_back(ms(Clock::now() - begin));
    if (const Tally tally = traffic.stop(); tally.failed > 0) {
      std::printf("step: %llu failed\n", static_cast<unsigned long long>(tally.failed));
    }
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "load step on one worker, until a second one answers: median %.0f ms, worst %.0f ms of %zu\n",
      times[times.size() / 2], times.back(), times.size());
}

void loss() {
  Cluster cluster(
      service("--slots 4 --service-time 5ms",
              "    capacity: {soft: 2}\n    scale: {min: 1, max: 6, down: {window: 2s}}\n"));
  cluster.start_all();
  cluster.eventually_ready("web", 1);
  Traffic traffic(cluster.traffic(), "/", 12);
  int rounds = 0;
  while (traffic.answered() < 24'000) {
    ++rounds;
    traffic.clients(10);
    eventually([&] { return cluster.ready("web") >= 4; });
    cluster.kill("coordinator");
    const auto then = traffic.answered() + 1'000;
    eventually([&] { return traffic.answered() >= then; });
    cluster.start_coordinator();
    eventually([&] { return cluster.ready("web") >= 4; });
    cluster.kill("node-a");
    cluster.start_agent("node-a");
    const auto later = traffic.answered() + 1'000;
    eventually([&] { return traffic.answered() >= later; });
    traffic.clients(2);
    eventually([&] { return cluster.ready("web") <= 2; });
  }
  const Tally tally = traffic.stop();
  std::printf(
      "scale-downs, coordinator and agent restarts under load (%d rounds): %llu requests, %llu "
      "failed\n",
      rounds, static_cast<unsigned long long>(tally.answered + tally.failed),
      static_cast<unsigned long long>(tally.failed));
  for (const auto& failure : tally.failures) std::printf("  %s\n", failure.c_str());
}

double cpu_seconds(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stat, text);
  long user = 0, system = 0;
  std::sscanf(text.c_str() + text.rfind(')') + 2,
              "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

long resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  }
  return 0;
}

void agent() {
  Cluster cluster(service("--slots 4 --service-time 5ms",
                          "    capacity: {soft: 4}\n    scale: {min: 20, max: 20}\n"));
  cluster.start_coordinator();
  cluster.start_agent("node-a");
  cluster.start_balancer();
  cluster.eventually_ready("web", 20);
  Traffic traffic(cluster.traffic(), "/", 4);
  traffic.clients(4);
  const pid_t pid = cluster.agent("node-a").pid();
  const double before = cpu_seconds(pid);
  const auto begin = Clock::now();
  std::this_thread::sleep_for(std::chrono::seconds(30));
  const double share = (cpu_seconds(pid) - before) / (ms(Clock::now() - begin) / 1000.0);
  traffic.stop();
  std::printf("agent with 20 workers at 1 Hz, 30 s: %.2f %% of one core, %.1f MB resident\n",
              share * 100.0, static_cast<double>(resident_kib(pid)) / 1024.0);
}

}  // namespace
}  // namespace foretide::e2e

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  using namespace foretide::e2e;
  if (only.empty() || only == "wake") wake();
  if (only.empty() || only == "step") step();
  if (only.empty() || only == "loss") loss();
  if (only.empty() || only == "agent") agent();
}
