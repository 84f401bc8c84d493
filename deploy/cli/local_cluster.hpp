// A whole Foretide on this machine, for a while: coordinator, agents and a balancer as child
// processes with all their files in one directory, set up by the same token and join that an
// operator uses. For `foretide dev` and the quickstart.
//
// Main thread only. stop() ends the programs in the order in which nothing is lost: the balancer
// lets go of traffic, the agents stop (their workers live on by design, and are ended next), the
// coordinator last.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "common/result.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/child_process.hpp"
#include "deploy/cli/guarded_run.hpp"

namespace foretide::cli {

struct LocalClusterSettings {
  std::string services;  // YAML below "services:", indented by two spaces
  Address traffic, admin;
  std::vector<std::string> agents{"local"};
  unsigned workers_max = 10;  // of one agent
};

class LocalCluster {
 public:
  // Runs when the balancer answers. An Error names the program that failed, with its last lines.
  static Result<LocalCluster> start(const LocalClusterSettings& settings,
                                    const GuardedPlace& place);
  LocalCluster(LocalCluster&&) = default;
  ~LocalCluster();

  const AdminClient& admin() const { return *admin_; }
  const std::string& token() const { return token_; }
  // The first program that ended by itself, in words with its last lines; nothing while all run.
  std::optional<std::string> casualty();
  void stop();

 private:
  struct Program {
    std::string name, log;
    ChildProcess process;
  };

  explicit LocalCluster(const LocalClusterSettings& settings, const GuardedPlace& place);
  Outcome start_all();
  Outcome start_coordinator();
  Outcome start_agent(const std::string& name, std::uint16_t first_port);
  Outcome start_balancer();
  Outcome run(const std::string& name, const std::string& program,
              std::vector<std::string> arguments);
  Result<std::string> joined(const std::string& role, const std::string& name,
                             std::uint16_t first_port);
  std::uint16_t ports_per_agent() const;
  Outcome wait_until(const std::string& what, const std::function<bool()>& condition);
  void write_cluster_file();

  LocalClusterSettings settings_;
  GuardedPlace place_;
  Address control_, telemetry_, balancer_admin_;
  std::string token_;
  std::optional<AdminClient> admin_;
  std::vector<Program> programs_;
};

// Where our own programs are: beside this one.
std::string program_path(const std::string& name);

// A port of 127.0.0.1 that nothing listens on now, outside the range from which the kernel takes
// ports for connections, so that it stays free until it is used.
std::uint16_t free_port();
// So many free ports in a row; 0 when there is no such row.
std::uint16_t free_ports(std::uint16_t count);

}  // namespace foretide::cli
