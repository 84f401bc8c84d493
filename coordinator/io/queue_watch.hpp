// Asks the queues that services are scaled by (`scale.signals`) how long they are: each every few
// seconds, as its settings say, over plain http and never waiting for one (`http_fetch`).
//
// What is answered goes to the core as SignalHeard, a number or why there is none. A number that no
// queue can have (NaN, negative, infinite, above a thousand million) is refused here, counted
// apart, and is no answer. A queue is not asked again while it has not answered; it has three
// seconds, or its period where that is shorter, and a megabyte. The log tells a reason once, and
// when it is over.
//
// One owner, one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/io/http_fetch.hpp"
#include "common/settings/cluster.hpp"
#include "coordinator/core/step.hpp"

namespace foretide::coordinator {

// Since the coordinator began, of a queue that is still in the cluster file.
struct QueueCounts {
  ServiceId service;
  std::string signal;
  std::uint64_t answered = 0, failed = 0, refused = 0;
};

class QueueWatch {
 public:
  using OnHeard = std::function<void(SignalHeard)>;

  QueueWatch(boost::asio::io_context& owner, OnHeard on_heard)
      : owner_(owner), on_heard_(std::move(on_heard)) {}

  // From now on these. A queue that stays as it is keeps its turn.
  void watch(const ClusterSettings& cluster);
  // Asks those whose turn it is; to be called several times a second.
  void look(Instant now);
  std::vector<QueueCounts> counts() const;

 private:
  using Key = std::pair<ServiceId, std::string>;  // and the signal's name
  struct Queue {
    QueueDepth source;
    Instant due{};
    std::unique_ptr<HttpFetch> fetch;  // while it is asked
    QueueCounts counts;
    std::string told;  // what the log last said of it; empty: all is well
  };

  void heard(const Key& key, const Result<std::string>& answer);
  void tell(const Key& key, Queue& queue, const std::string& trouble);

  boost::asio::io_context& owner_;
  OnHeard on_heard_;
  std::map<Key, Queue> queues_;
};

}  // namespace foretide::coordinator
