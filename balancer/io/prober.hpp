// Asks every endpoint of the services that want it (`probe.ready`), again and again, and tells when
// one's health changes, the log too: from the second good or the third bad answer in a row.
//
// One for the whole balancer, on the control thread: no request waits for a probe, and a worker is
// asked once an interval, however many threads serve. A probe is a TCP connect, or a GET that must
// answer 200 to 399, on a connection of its own (an idle one that still answers would say nothing
// of the door), by TLS where the service's requests go by TLS. The first probes of a table's
// endpoints are spread over the interval, so that they never come all at once; 64 are under way at
// a time at most, what is due beyond waits for those.
//
// An endpoint is good until it has proved bad: whoever put it into the table thought that it was
// ready, and a balancer that has just started turns nobody away. One that moves to another address
// is good again. Draining endpoints are not asked.
//
// On its io_context only. Not here: what follows from a bad health, `core/endpoint_set`; whether a
// worker is to be restarted, the agent and the coordinator.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "balancer/core/probe_record.hpp"
#include "balancer/io/tls_pointers.hpp"
#include "common/address.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

class Prober {
 public:
  using OnHealth = std::function<void(const ServiceId&, const WorkerId&, Health)>;

  Prober(boost::asio::io_context& owner, OnHealth on_health);
  ~Prober();  // nothing is called afterwards
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // One that is not newer changes nothing. `hosts`: what a TLS endpoint's certificate is to be for.
  void apply(const wire::ServiceTable& table, const std::map<WorkerId, std::string>& hosts);

 private:
  struct Probe;  // one, under way
  using Name = std::pair<ServiceId, WorkerId>;
  struct Way {  // how an endpoint is to be asked
    Address address;
    wire::ReadyProbe spec;
    std::shared_ptr<SSL_CTX> tls;  // none: in plain HTTP, or a TCP connect alone
    std::string name;              // to be proven
  };
  struct Target {
    Way way;
    ProbeRecord record;
    Instant due{};
    std::uint64_t life = 0;  // which Target of that name this is
  };

  std::shared_ptr<SSL_CTX> tls_for(const wire::ServiceTable& table);
  void keep(const Name& name, Way way, Instant due);
  void drop(const Name& name);
  void ask_due();
  void ask(const Name& name, const Target& target);
  void answered(const Name& name, std::uint64_t life, Health answer, const std::string& why);

  boost::asio::io_context& owner_;
  OnHealth on_health_;
  boost::asio::steady_timer timer_;
  std::map<ServiceId, Stamp> applied_;
  std::map<ServiceId, std::pair<wire::UpstreamTls, std::shared_ptr<SSL_CTX>>> tls_;
  std::map<Name, Target> targets_;
  std::set<std::pair<Instant, Name>> due_;
  std::set<std::shared_ptr<Probe>> under_way_;
  std::uint64_t lives_ = 0;
};

}  // namespace foretide::balancer
