// A host's processes: what the agent starts there, and what goes on without any agent.
//
// A worker's process takes a while to listen, may never, may fall over by itself, and may ignore
// SIGTERM. Nothing here depends on the agent: processes outlive it. What ended and why is told to
// whoever watches.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/ids.hpp"
#include "common/wire/messages.hpp"
#include "tests/simulation/ground.hpp"

namespace foretide::simulation {

// How the workers of one service behave.
struct Nature {
  double start_min = 0.1, start_max = 3.0;  // seconds from exec to listening
  double never_ready = 0.0;                 // share of starts that never listen
  double spawn_fails = 0.0;                 // share that fails at exec
  double hopeless = 0.0;                    // share of these that cannot work here at all
  double life_mean = 0.0;                   // seconds until it falls over by itself; 0: never
  double ignores_term = 0.0;
  double stop_max = 2.0;  // seconds from SIGTERM to the end
};

struct Process {
  WorkerId id;
  ServiceId service;
  ReleaseId release;
  std::int64_t pid = 0;
  std::uint16_t port = 0;
  bool listens = false;
  bool ignores_term = false;
  bool ending = false;  // its end is on its way
};

class SimHost {
 public:
  using OnEnd = std::function<void(const Process&, const wire::Exit&)>;

  SimHost(Ground& ground, std::string name, std::string address)
      : ground_(ground),
        random_(ground.random.fork()),
        name_(std::move(name)),
        address_(std::move(address)) {}

  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  void set_nature(const ServiceId& service, const Nature& nature) { natures_[service] = nature; }
  const Nature& nature_of(const ServiceId& service) { return natures_[service]; }
  void watch_ends(OnEnd on_end) { on_end_.push_back(std::move(on_end)); }

  // Nothing: the exec failed.
  const Process* spawn(const WorkerId& id, const ServiceId& service, const ReleaseId& release,
                       std::uint16_t port);
  const Process* find(const WorkerId& id) const;
  const Process* on_port(std::uint16_t port) const;
  const std::map<std::int64_t, Process>& processes() const { return processes_; }

  void terminate(const WorkerId& id);  // SIGTERM
  void kill(const WorkerId& id);
  void fall_over(std::int64_t pid);  // by itself
  void lose_power();                 // everything at once

 private:
  void end_after(double seconds, std::int64_t pid, wire::Exit exit);
  void end(std::int64_t pid, const wire::Exit& exit);
  void live(Process& process, const Nature& nature);

  Ground& ground_;
  Random random_;
  std::string name_, address_;
  std::map<ServiceId, Nature> natures_;
  std::vector<OnEnd> on_end_;
  std::map<std::int64_t, Process> processes_;
  std::int64_t last_pid_ = 1000;
};

}  // namespace foretide::simulation
