// Asks this node's ready workers for the metrics that their services are scaled by: those of a spec
// with `metrics` alone, each every five seconds, at the address where balancers find it.
//
// A worker that does not answer within two seconds, with more than a megabyte, or with anything
// that is not Prometheus text has no value this time, and the log says why, once for each reason in
// a row. A hundred are asked at once at most; the others a second later. What was read goes with
// the next sample, up to 64 KiB of it (a message of telemetry holds 256), and the rest with the one
// after.
//
// One owner, one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/metric_rates.hpp"
#include "agent/core/worker_life.hpp"
#include "common/ids.hpp"
#include "common/io/http_fetch.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

class MetricsWatch {
 public:
  explicit MetricsWatch(boost::asio::io_context& owner) : owner_(owner) {}

  // Once a second: begins to ask those whose turn it is.
  void look(const std::map<WorkerId, WorkerLife>& workers, Instant now);
  // What came since into the sample's workers.
  void add_to(wire::NodeSample& sample);

 private:
  // One path of one incarnation of a worker.
  struct Page {
    std::vector<WorkerMetric> wanted;
    std::unique_ptr<HttpFetch> fetch;  // while it is asked
    std::optional<MetricReading> before;
    std::string told;  // what the log last said of it; empty: all is well
  };
  struct Worker {
    Instant started{};  // exec of the incarnation
    std::vector<WorkerMetric> metrics;
    std::map<std::string, Page> pages;  // by path
    Instant due{};
    std::map<std::string, double> unsent;
  };

  void ask(const WorkerId& id, const Address& address, Worker& worker);
  void heard(const WorkerId& id, const std::string& path, const Result<std::string>& text);
  void tell(const WorkerId& id, const std::string& path, Page& page, const std::string& trouble);

  boost::asio::io_context& owner_;
  std::map<WorkerId, Worker> workers_;
  std::size_t asking_ = 0;
};

}  // namespace foretide::agent
