// Is a worker that was just started ready? Asked again and again until it is, or its time is over.
//
// A try is a TCP connect to the node's own address, where balancers will look for the worker; while
// nothing listens the kernel refuses at once, for some 20 µs. That makes it cheap to ask every 2 ms
// at first, and later after a fiftieth of the time that the start has taken so far, 100 ms at most:
// a start is noticed within 2 % of its length. Only when somebody accepts is /proc searched for
// whose the listening socket is (the search reads every listener of the host and the worker's
// descriptors): a stranger on the port is never taken for the worker. Once it is the worker's, it
// is not searched again until a connect fails. Then, where the spec says so, a GET must answer 200
// to 399.
//
// A worker that listens on loopback only, while its node is reached from outside, would never pass.
// It is looked for every half second and told at once, with what to do about it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/io/proc_tree.hpp"
#include "common/address.hpp"
#include "common/time.hpp"
#include "common/worker_spec.hpp"

namespace foretide::agent {

class StartProbe {
 public:
  struct Target {
    Address address;  // of the node, and the worker's port
    ProbeSpec spec;
    Duration running{};  // how long its start has taken already (after an adoption)
    std::int64_t leader = 0;
    std::function<std::vector<std::int64_t>()>
        members;  // the worker's processes, when the leader's are not enough
  };
  // Called once, with why it failed; an empty text means that it passed.
  using OnOutcome = std::function<void(std::string failure)>;

  StartProbe(boost::asio::io_context& owner, const ProcTree& tree, Target target,
             OnOutcome on_outcome);
  ~StartProbe();  // stops it; nothing is called afterwards
  StartProbe(const StartProbe&) = delete;
  StartProbe& operator=(const StartProbe&) = delete;

 private:
  struct Run;
  std::shared_ptr<Run> run_;
};

// Pure parts, for tests.
Duration pause_for(Duration running);
// 0 when the head of an HTTP response does not start like one.
int status_in(std::string_view head);

}  // namespace foretide::agent
