// The agent's side of the conversation with the coordinator.
//
// Says Hello when a connection stands, again every second until it is welcomed, and again when
// nothing has been heard for five seconds or an epoch turns up that is higher than any known: a
// coordinator that was restarted behind ZeroMQ's back never stays ignorant of this node. A report
// follows each Hello; the coordinator sends no set before it has one. The highest epoch ever seen
// travels in every message.
//
// An unreachable coordinator is a warning in the log, at once and then every ten seconds, and no
// reason to do anything else: the workers run on. A final refusal is told to the owner, who ends.
// One owner, one thread, the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/io/zmq_channel.hpp"
#include "common/settings/node_settings.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

class Uplink {
 public:
  struct Self {
    std::string version, boot_id;
    double cpus = 0.0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t highest_epoch = 0;  // remembered from a former life
  };
  struct Callbacks {
    std::function<void(wire::DesiredSet)> on_set;
    // The coordinator's refusal, word for word; `final` ends the agent.
    std::function<void(wire::Refusal)> on_refusal;
    // The node's address is known, or another than before.
    std::function<void(std::string)> on_address;
    // What follows each Hello.
    std::function<wire::NodeReport()> report;
  };

  Uplink(boost::asio::io_context& owner, const AgentSettings& settings, KeyPair keys, Self self,
         Callbacks callbacks);
  ~Uplink();

  void send(wire::NodeReport report);
  void send(wire::NodeSample sample);
  // Once a second: says Hello where it is due.
  void tick();
  std::uint64_t highest_epoch() const { return self_.highest_epoch; }
  bool is_welcomed() const { return welcomed_; }
  Instant last_heard() const { return last_heard_; }

 private:
  void connected(const std::string& local_address);
  void disconnected(const std::string& reason);
  void arrived(const Arrival& arrival);
  void heard(const wire::Welcome& welcome);
  void heard(wire::DesiredSet set);
  void heard(const wire::Refusal& refusal);
  void learn(std::uint64_t epoch);
  void greet();
  std::string encoded(wire::Body body);

  AgentSettings settings_;
  Self self_;
  Callbacks callbacks_;
  std::string session_;
  std::uint64_t sequence_ = 0;
  std::string address_;
  bool connected_ = false;
  bool welcomed_ = false;
  Instant last_heard_{};
  Instant last_greeted_{};
  Instant last_complaint_{};
  std::string last_trouble_;
  std::uint64_t undecodable_ = 0;
  std::unique_ptr<ZmqClient> client_;  // last: its callbacks use everything above
};

}  // namespace foretide::agent
