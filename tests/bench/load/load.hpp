// The clients of one load and the loop that drives them, closed (the next request when the last is
// answered) or open (requests due at a rate; latency counts from when one was due, so that a stall
// is seen by all requests that it delayed and not only by the one that it met).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/load/client.hpp"

namespace foretide::bench {

struct LoadPlan {
  Target target;
  RequestShape shape;
  std::uint32_t connections = 64;
  std::uint32_t sources = 0;
  double seconds = 3;
  double rate = 0;                 // none: closed
  std::uint64_t requests_max = 0;  // none: as many as fit into the seconds
};

class Load {
 public:
  explicit Load(const LoadPlan& plan);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void run();
  // False, said on stderr, when the connections could not be had.
  bool hold();
  std::string json();

 private:
  void begin_due(Clock::time_point now);
  void begin(std::uint32_t number, Clock::time_point due);
  void settle(std::uint32_t number, Clock::time_point now);
  void await_events(Clock::time_point until);
  bool may_begin() const;

  const LoadPlan plan_;
  int epoll_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::uint32_t> idle_;  // clients that rest
  Clock::time_point began_{}, end_{};
  std::uint64_t begun_ = 0, running_ = 0;
  std::vector<float> latencies_us_;
  std::uint64_t failed_ = 0, lost_ = 0;
  std::string first_failure_;
  std::string tls_;  // of the first answer
  double took_seconds_ = 0;
};

}  // namespace foretide::bench
