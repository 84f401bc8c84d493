// Simulated workers behind the balancer's own choosing: requests come in a steady stream, wait in
// one queue where the picker says so, and are served in order, so many at a time. A story of
// seconds is played in a moment, and in the same way each time.
#pragma once

#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "balancer/core/picker.hpp"

namespace foretide::balancer {

inline const Instant kFarmBegin{std::chrono::hours(1)};

inline Instant farm_time(double seconds) {
  return kFarmBegin + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

class Farm {
 public:
  struct Worker {
    std::uint32_t slots = 1;
    double slower = 1.0;
    std::uint64_t served = 0;
    std::uint32_t serving = 0;
    std::deque<std::size_t> waiting = {};
  };

  // "w0", "w1" ...
  explicit Farm(std::vector<Worker> workers, wire::TrafficPolicy policy = {})
      : workers_(std::move(workers)) {
    table_.stamp = {1, 1};
    table_.service = {"web"};
    table_.policy = std::move(policy);
    for (std::size_t i = 0; i < workers_.size(); ++i) list(i);
    set.apply(table_);
  }

  Worker& worker(std::size_t number) { return workers_[number]; }
  // One more, from now on.
  void join(Worker worker) {
    workers_.push_back(std::move(worker));
    list(workers_.size() - 1);
    ++table_.stamp.revision;
    set.apply(table_);
  }
  // Log-normal service times, 20 ms in the mean, or all of 20 ms.
  enum class Times { kVaried, kEqual };
  Times times = Times::kVaried;

  void run(double seconds, double per_second) {
    const double end = now_ + seconds;
    schedule(now_ + gap(per_second), [this, per_second, end] { arrive(per_second, end); });
    while (!events_.empty() && events_.begin()->first.first <= end) {
      now_ = events_.begin()->first.first;
      const auto event = std::move(events_.extract(events_.begin()).mapped());
      event();
      let_go();
    }
    now_ = end;
  }

  EndpointSet set;
  Picker picker;
  std::uint64_t served = 0;
  std::size_t held() const { return queue_.size(); }
  Instant now() const { return farm_time(now_); }

 private:
  struct Request {
    double arrived = 0.0, work = 0.0;
    Instant began{};
  };

  void list(std::size_t number) {
    const auto port = static_cast<std::uint16_t>(9000 + number);
    table_.endpoints.push_back({.id = {"w" + std::to_string(number)},
                                .address = {"127.0.0.1", port},
                                .state = wire::EndpointState::kActive});
  }
  void schedule(double at, std::function<void()> event) {
    events_.emplace(std::pair(at, ++event_), std::move(event));
  }
  double uniform() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return (static_cast<double>(random_ >> 11) + 0.5) / 9007199254740992.0;
  }
  double gap(double per_second) { return -std::log(uniform()) / per_second; }
  double work() {
    if (times == Times::kEqual) return 0.020;
    const double normal = std::sqrt(-2.0 * std::log(uniform())) * std::cos(6.2831853 * uniform());
    return 0.020 * std::exp(normal - 0.5);
  }
  void arrive(double per_second, double end) {
    queue_.push_back(requests_.size());
    requests_.push_back({.arrived = now_, .work = work()});
    const double next = now_ + gap(per_second);
    if (next < end) schedule(next, [this, per_second, end] { arrive(per_second, end); });
  }
  void let_go() {
    while (!queue_.empty()) {
      Request& request = requests_[queue_.front()];
      const Asked asked{.waiting = static_cast<std::uint32_t>(queue_.size()),
                        .in_flight = set.in_flight(),
                        .waited = now() - farm_time(request.arrived)};
      Endpoint* endpoint = picker.pick(set, asked, now());
      if (endpoint == nullptr || !set.begin(*endpoint, now())) return;
      request.began = now();
      workers_[endpoint->place].waiting.push_back(queue_.front());
      queue_.pop_front();
      serve(endpoint->place);
    }
  }
  void serve(std::size_t number) {
    Worker& worker = workers_[number];
    while (worker.serving < worker.slots && !worker.waiting.empty()) {
      const std::size_t id = worker.waiting.front();
      worker.waiting.pop_front();
      ++worker.serving;
      schedule(now_ + requests_[id].work * worker.slower, [this, number, id] {
        --workers_[number].serving;
        ++workers_[number].served;
        ++served;
        serve(number);
        set.finish(*set.endpoints()[number], Finish::kCompleted, requests_[id].began, now());
      });
    }
  }

  std::vector<Worker> workers_;
  wire::ServiceTable table_;
  double now_ = 0.0;
  std::uint64_t event_ = 0, random_ = 88172645463325252;
  std::map<std::pair<double, std::uint64_t>, std::function<void()>> events_;
  std::vector<Request> requests_;
  std::deque<std::size_t> queue_;
};

}  // namespace foretide::balancer
