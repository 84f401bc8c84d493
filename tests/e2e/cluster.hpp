// A whole Foretide on loopback for one test: coordinator, agents and a balancer as real processes
// with their files in a temporary folder, set up the way an operator does it (cluster file, tokens,
// joins). Everything that it started is gone when it goes; on a failed test the programs' output is
// printed.
//
// Waiting is always for a condition, with a deadline that only a broken program reaches.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/child_process.hpp"

namespace foretide::e2e {

inline constexpr std::chrono::seconds kPatience{60};

// True as soon as the condition holds, false when it never did.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds patience = kPatience);

std::string program(const std::string& name);  // path of a built program

struct Ran {
  int status = -1;  // -1: did not end in time
  std::string output;
};
// Runs a program to its end.
Ran run(std::vector<std::string> argv, std::map<std::string, std::string> env = {},
        std::chrono::milliseconds patience = std::chrono::seconds(30));

// A folder that is gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::filesystem::path path;
};

class Cluster {
 public:
  // `services` is the YAML below "services:", indented by two spaces. `host` is where the
  // coordinator listens for agents and balancers.
  explicit Cluster(const std::string& services, const std::string& host = "127.0.0.1");
  ~Cluster();

  void start_coordinator();
  void start_balancer();                      // joins at the first call
  void start_agent(const std::string& name);  // likewise
  void start_agent_in(const std::string& network_namespace, const std::string& name);
  // By these words, which run the command behind them.
  void start_agent_through(std::vector<std::string> words, const std::string& name);
  // One that has joined by other means.
  void start_agent_with(const std::string& config_file, const std::string& name);
  void start_all();  // coordinator, agents "node-a" and "node-b", balancer

  ChildProcess& coordinator() { return running("coordinator"); }
  ChildProcess& balancer() { return running("balancer"); }
  ChildProcess& agent(const std::string& name) { return running(name); }
  // SIGKILL, and wait for the end.
  void kill(const std::string& name);

  // Pids of this cluster's worker processes, whoever looks after them: their output goes to its
  // folder.
  std::vector<long> workers_alive() const;

  void write_services(const std::string& services);
  std::string token(const std::string& role, const std::string& name);
  Ran join(const std::string& token, const std::string& name, const std::string& config_dir);
  // The `foretide` command against this cluster.
  Ran foretide(std::vector<std::string> arguments);

  nlohmann::json get(const std::string& path);
  // Any call of the admin API; the status of its answer.
  int call(const std::string& method, const std::string& path, const std::string& body = "");
  nlohmann::json service(const std::string& name) { return get("/v1/services/" + name); }
  // Workers of a service in the state "ready", all of them routable.
  std::size_t ready(const std::string& name);
  bool eventually_ready(const std::string& name, std::size_t count);

  Address traffic() const { return traffic_; }
  Address control() const { return control_; }
  const std::filesystem::path& folder() const { return folder_.path; }
  std::string output_of(const std::string& name) const;
  std::string cluster_file() const { return (folder_.path / "cluster.yaml").string(); }

 private:
  std::string admin_token() const;
  static bool is_ready(const Address& admin);
  ChildProcess& running(const std::string& name) { return children_.at(name); }
  void start(const std::string& name, std::vector<std::string> argv);
  void join_agent(const std::string& name);  // nothing when it has joined already
  std::string node_folder(const std::string& name) const { return (folder_.path / name).string(); }

  TemporaryFolder folder_;
  Address traffic_, balancer_admin_, admin_, control_, telemetry_;
  std::map<std::string, ChildProcess> children_;
  std::uint16_t next_ports_;
};

}  // namespace foretide::e2e
