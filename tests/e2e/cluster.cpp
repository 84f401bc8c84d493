#include "tests/e2e/cluster.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "common/settings/node_settings.hpp"
#include "deploy/cli/local_cluster.hpp"

namespace foretide::e2e {

namespace {

constexpr std::uint16_t kPortsPerAgent = 100;

std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

std::string program(const std::string& name) {
  return std::string(FORETIDE_BIN) + "/" + name;
}

Ran run(std::vector<std::string> argv, std::map<std::string, std::string> env,
        std::chrono::milliseconds patience) {
  const TemporaryFolder folder;
  const std::string output = folder.path / "output";
  auto child = ChildProcess::start({std::move(argv), std::move(env), output, ""});
  if (!child) return {-1, child.error()};
  const auto status = child->wait(patience);
  return {status.value_or(-1), file_text(output)};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "foretide-e2e-XXXXXX").string();
  path = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

Cluster::Cluster(const std::string& services, const std::string& host)
    :  // A range of the worker ports for each test process, so that tests side by side do not meet.
      next_ports_(static_cast<std::uint16_t>(20000 + getpid() % 40 * 200)) {
  const std::uint16_t port = cli::free_ports(5);
  const auto address = [&](const std::string& on, int offset) {
    return Address{on, static_cast<std::uint16_t>(port + offset)};
  };
  traffic_ = address("127.0.0.1", 0);
  balancer_admin_ = address("127.0.0.1", 1);
  admin_ = address("127.0.0.1", 2);
  control_ = address(host, 3);
  telemetry_ = address(host, 4);
  write_services(services);
}

Cluster::~Cluster() {
  for (auto& [name, child] : children_) child.stop(std::chrono::seconds(10));
  for (const long pid : workers_alive()) ::kill(static_cast<pid_t>(pid), SIGKILL);
  if (!testing::Test::HasFailure()) return;
  for (const auto& [name, child] : children_) {
    std::cerr << "---- last output of " << name << "\n"
              << last_lines((folder_.path / (name + ".log")).string(), 40);
  }
}

void Cluster::write_services(const std::string& services) {
  write_file(cluster_file(), "version: 1\nlisten:\n  traffic: [\"" + traffic_.text() +
                                 "\"]\n  admin: \"" + admin_.text() + "\"\n  balancer_admin: \"" +
                                 balancer_admin_.text() + "\"\n  control: \"" + control_.text() +
                                 "\"\n  telemetry: \"" + telemetry_.text() + "\"\nservices:\n" +
                                 services);
}

void Cluster::start(const std::string& name, std::vector<std::string> argv) {
  auto child =
      ChildProcess::start({std::move(argv), {}, (folder_.path / (name + ".log")).string(), ""});
  ASSERT_TRUE(child) << child.error();
  children_.insert_or_assign(name, std::move(*child));
}

void Cluster::start_coordinator() {
  start("coordinator", {program("foretide-coordinator"), "--config", cluster_file(), "--state",
                        node_folder("coordinator")});
  ASSERT_TRUE(eventually([&] { return is_ready(admin_); })) << output_of("coordinator");
}

void Cluster::join_agent(const std::string& name) {
  const std::string config = node_folder(name) + "/agent.yaml";
  if (std::filesystem::exists(config)) return;
  const Ran joined = join(token("agent", name), name, node_folder(name));
  ASSERT_EQ(joined.status, 0) << joined.output;
  auto settings = read_agent_settings(config);
  ASSERT_TRUE(settings) << settings.error();
  settings->state = node_folder(name) + "/state";
  settings->same_user = true;
  settings->first_port = next_ports_;
  settings->last_port = static_cast<std::uint16_t>(next_ports_ + kPortsPerAgent - 1);
  next_ports_ = static_cast<std::uint16_t>(next_ports_ + kPortsPerAgent);
  write_file(config, agent_yaml(*settings));
}

void Cluster::start_agent(const std::string& name) {
  join_agent(name);
  start_agent_with(node_folder(name) + "/agent.yaml", name);
}

void Cluster::start_agent_with(const std::string& config_file, const std::string& name) {
  start(name, {program("foretide-agent"), "--config", config_file});
}

void Cluster::start_agent_in(const std::string& network_namespace, const std::string& name) {
  start_agent_through({"ip", "netns", "exec", network_namespace}, name);
}

void Cluster::start_agent_through(std::vector<std::string> words, const std::string& name) {
  join_agent(name);
  for (const std::string& word :
       {program("foretide-agent"), std::string("--config"), node_folder(name) + "/agent.yaml"}) {
    words.push_back(word);
  }
  start(name, std::move(words));
}

void Cluster::start_balancer() {
  const std::string config = node_folder("balancer") + "/balancer.yaml";
  if (!std::filesystem::exists(config)) {
    const Ran joined = join(token("balancer", "edge"), "edge", node_folder("balancer"));
    ASSERT_EQ(joined.status, 0) << joined.output;
    auto settings = read_balancer_settings(config);
    ASSERT_TRUE(settings) << settings.error();
    settings->state = node_folder("balancer") + "/state";
    settings->traffic = {traffic_};
    settings->admin = balancer_admin_;
    write_file(config, balancer_yaml(*settings));
  }
  start("balancer", {program("foretide-balancer"), "--config", config});
  // It listens from the start, and is ready once it has a routing table.
  ASSERT_TRUE(eventually([&] { return is_ready(balancer_admin_); })) << output_of("balancer");
}

void Cluster::start_all() {
  start_coordinator();
  start_agent("node-a");
  start_agent("node-b");
  start_balancer();
}

std::vector<long> Cluster::workers_alive() const {
  std::vector<long> pids;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const long pid = std::atol(entry.path().filename().c_str());
    if (pid <= 0) continue;
    const auto output = std::filesystem::read_symlink(entry.path() / "fd/1", ignored).string();
    const bool of_a_worker =
        output.starts_with(folder_.path.string()) && output.find("/workers/") != std::string::npos;
    if (of_a_worker) pids.push_back(pid);
  }
  return pids;
}

void Cluster::kill(const std::string& name) {
  running(name).signal(SIGKILL);
  ASSERT_TRUE(running(name).wait(std::chrono::seconds(10))) << name << " survived SIGKILL";
}

std::string Cluster::token(const std::string& role, const std::string& name) {
  const Ran made = foretide({"token", "create", "--role", role, "--name", name, "--json"});
  EXPECT_EQ(made.status, 0) << made.output;
  const auto json = nlohmann::json::parse(made.output, nullptr, false);
  return json.is_object() ? json.value("token", "") : "";
}

Ran Cluster::join(const std::string& token, const std::string& name,
                  const std::string& config_dir) {
  return foretide(
      {"join", control_.text(), "--token", token, "--name", name, "--config-dir", config_dir});
}

Ran Cluster::foretide(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("foretide"));
  return run(std::move(arguments), {{"FORETIDE_ADMIN", admin_.text()},
                                    {"FORETIDE_STATE_DIR", folder_.path.string()},
                                    {"FORETIDE_TOKEN", admin_token()}});
}

std::string Cluster::admin_token() const {
  std::string token = file_text(folder_.path / "coordinator/admin.token");
  while (token.ends_with('\n')) token.pop_back();
  return token;
}

nlohmann::json Cluster::get(const std::string& path) {
  cli::AdminClient client(admin_, admin_token());
  auto answer = client.get(path);
  return answer ? *answer : nlohmann::json::object();
}

int Cluster::call(const std::string& method, const std::string& path, const std::string& body) {
  cli::AdminClient client(admin_, admin_token());
  const auto answer = client.ask(method, path, body);
  return answer ? answer->status : 0;
}

bool Cluster::is_ready(const Address& admin) {
  cli::AdminClient client(admin, "");
  const auto answer = client.ask("GET", "/readyz");
  return answer && answer->status == 200;
}

std::size_t Cluster::ready(const std::string& name) {
  return service(name).value("ready", std::size_t{0});
}

bool Cluster::eventually_ready(const std::string& name, std::size_t count) {
  return eventually([&] { return ready(name) == count; });
}

std::string Cluster::output_of(const std::string& name) const {
  return file_text(folder_.path / (name + ".log"));
}

}  // namespace foretide::e2e
