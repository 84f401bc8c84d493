#include "deploy/cli/local_cluster.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "deploy/cli/enrolment.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/process_tree.hpp"

namespace foretide::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kStartPatience{30};
constexpr milliseconds kProgramGrace{5'000};
constexpr milliseconds kWorkerGrace{3'000};
constexpr std::uint16_t kPortsPerAgentMin = 200;
constexpr std::size_t kLinesTold = 12;

bool can_listen(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free =
      listener >= 0 && ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (listener >= 0) ::close(listener);
  return free;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What a coordinator writes once it has bound its addresses, so that an answer on them is its own.
bool has_announced(const std::string& coordinator_json, pid_t pid) {
  std::ifstream file(coordinator_json);
  const nlohmann::json said = nlohmann::json::parse(file, nullptr, false);
  return count_in(said, "pid") == static_cast<std::uint64_t>(pid);
}

Address reachable(Address address) {
  if (address.host.empty() || address.host == "0.0.0.0" || address.host == "::") {
    address.host = "127.0.0.1";
  }
  return address;
}

}  // namespace

std::string program_path(const std::string& name) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? name : (self.parent_path() / name).string();
}

std::uint16_t free_ports(std::uint16_t count) {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any(10'000, 31'000 - count);
  for (int attempt = 0; attempt < 200; ++attempt) {
    const auto first = static_cast<std::uint16_t>(any(random));
    bool free = true;
    for (std::uint16_t i = 0; free && i < count; ++i) {
      free = can_listen(static_cast<std::uint16_t>(first + i));
    }
    if (free) return first;
  }
  return 0;
}

std::uint16_t free_port() {
  return free_ports(1);
}

LocalCluster::LocalCluster(const LocalClusterSettings& settings, const GuardedPlace& place)
    : settings_(settings), place_(place) {
  const std::uint16_t ports = free_ports(3);
  control_ = {"127.0.0.1", ports};
  telemetry_ = {"127.0.0.1", static_cast<std::uint16_t>(ports + 1)};
  balancer_admin_ = {"127.0.0.1", static_cast<std::uint16_t>(ports + 2)};
}

LocalCluster::~LocalCluster() {
  stop();
}

Result<LocalCluster> LocalCluster::start(const LocalClusterSettings& settings,
                                         const GuardedPlace& place) {
  LocalCluster cluster(settings, place);
  if (Outcome started = cluster.start_all(); !started) return Error{started.error()};
  return cluster;
}

// Twice as many as workers: while one leaves its port its successor is there already.
std::uint16_t LocalCluster::ports_per_agent() const {
  return std::max(kPortsPerAgentMin, static_cast<std::uint16_t>(2 * settings_.workers_max));
}

void LocalCluster::write_cluster_file() {
  std::ofstream file(place_.dir() + "/cluster.yaml");
  file << "version: 1\ncluster: local\nlisten:\n  traffic: [\"" << settings_.traffic.text()
       << "\"]\n  admin: \"" << settings_.admin.text() << "\"\n  balancer_admin: \""
       << balancer_admin_.text() << "\"\n  control: \"" << control_.text() << "\"\n  telemetry: \""
       << telemetry_.text() << "\"\nservices:\n"
       << settings_.services;
}

Outcome LocalCluster::start_all() {
  write_cluster_file();
  if (Outcome done = start_coordinator(); !done) return done;
  std::uint16_t ports =
      free_ports(static_cast<std::uint16_t>(ports_per_agent() * settings_.agents.size()));
  if (ports == 0) ports = 20'000;  // the agents look for free ones within it themselves
  for (const std::string& name : settings_.agents) {
    if (Outcome done = start_agent(name, ports); !done) return done;
    ports = static_cast<std::uint16_t>(ports + ports_per_agent());
  }
  return start_balancer();
}

Outcome LocalCluster::run(const std::string& name, const std::string& program,
                          std::vector<std::string> arguments) {
  ChildSettings child;
  child.argv = {program_path(program)};
  child.argv.insert(child.argv.end(), arguments.begin(), arguments.end());
  child.output_file = place_.dir() + "/" + name + ".log";
  Result<ChildProcess> process = ChildProcess::start(child);
  if (!process) return Error{"cannot start " + process.error()};
  programs_.push_back({name, child.output_file, std::move(*process)});
  return Done{};
}

Outcome LocalCluster::wait_until(const std::string& what, const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + kStartPatience;
  for (;;) {
    if (GuardedPlace::end_asked()) return Error{"ended before it had started"};
    // Looked at first: what a program that ended was to answer for, another may answer by now.
    if (auto lost = casualty()) return Error{*lost};
    if (condition()) return Done{};
    if (steady_clock::now() >= deadline) {
      return Error{what + " did not happen within " + std::to_string(kStartPatience.count()) +
                   " s; the last lines of " + programs_.back().name + ":\n" +
                   last_lines(programs_.back().log, kLinesTold)};
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
}

Outcome LocalCluster::start_coordinator() {
  const std::string state = place_.dir() + "/coordinator";
  if (Outcome done = run("coordinator", "foretide-coordinator",
                         {"--config", place_.dir() + "/cluster.yaml", "--state", state});
      !done) {
    return done;
  }
  const pid_t pid = programs_.back().process.pid();
  return wait_until("the coordinator's readiness", [&] {
    if (!has_announced(state + "/coordinator.json", pid)) return false;
    token_ = first_line(state + "/admin.token");
    if (token_.empty()) return false;
    admin_.emplace(reachable(settings_.admin), token_);
    const auto answer = admin_->ask("GET", "/readyz");
    return answer && answer->status == 200;
  });
}

Result<std::string> LocalCluster::joined(const std::string& role, const std::string& name,
                                         std::uint16_t first_port) {
  const Result<nlohmann::json> made = admin_->post("/v1/tokens", {{"role", role}, {"name", name}});
  if (!made) return Error{made.error()};
  JoinRequest request;
  request.control = control_;
  request.token = text_in(*made, "token");
  request.name = name;
  request.config_dir = place_.dir() + "/" + name;
  request.state_dir = request.config_dir + "/state";
  request.agent.address = "127.0.0.1";
  request.agent.first_port = first_port;
  request.agent.last_port = static_cast<std::uint16_t>(first_port + ports_per_agent() - 1);
  request.agent.same_user = true;
  request.balancer.traffic = {settings_.traffic};
  request.balancer.admin = balancer_admin_;
  const Result<Joined> joined = join_cluster(request);
  if (!joined) return Error{name + " could not join: " + joined.error()};
  return joined->config_file;
}

Outcome LocalCluster::start_agent(const std::string& name, std::uint16_t first_port) {
  const Result<std::string> config = joined("agent", name, first_port);
  if (!config) return Error{config.error()};
  return run(name, "foretide-agent", {"--config", *config});
}

Outcome LocalCluster::start_balancer() {
  const Result<std::string> config = joined("balancer", "balancer", 1);
  if (!config) return Error{config.error()};
  if (Outcome done = run("balancer", "foretide-balancer", {"--config", *config}); !done)
    return done;
  // Any answer shows that it listens; what it says about requests is up to it.
  return wait_until("the balancer's readiness", [&] {
    HttpClient client(balancer_admin_, milliseconds(1'000));
    return static_cast<bool>(client.get("/healthz"));
  });
}

std::optional<std::string> LocalCluster::casualty() {
  for (Program& program : programs_) {
    if (program.process.running()) continue;
    const int status = program.process.wait(milliseconds(0)).value_or(0);
    const std::string how = status > 128 ? "was killed by signal " + std::to_string(status - 128)
                                         : "ended with status " + std::to_string(status);
    return program.name + " " + how + "; its last lines:\n" + last_lines(program.log, kLinesTold);
  }
  return std::nullopt;
}

void LocalCluster::stop() {
  const auto stop_program = [](Program& program) { program.process.stop(kProgramGrace); };
  while (programs_.size() > 1) {  // the coordinator was the first
    stop_program(programs_.back());
    programs_.pop_back();
  }
  if (programs_.empty()) return;
  const pid_t coordinator = programs_.front().process.pid();
  end_descendants(kWorkerGrace, {coordinator});
  stop_program(programs_.front());
  programs_.clear();
}

}  // namespace foretide::cli
