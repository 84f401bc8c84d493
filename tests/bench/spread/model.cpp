// The balancer's own choosing (balancer/core) against what others do, on simulated workers: seconds
// of computing in place of an hour of sockets. Prints medians of p99 over rounds with different
// seeds, and their ratios to `least_conn` and to a central queue; judges nothing.
//
//     bench-spread-model [uneven [SECONDS [ROUNDS]]]   the six scenarios of `scenario.hpp`
//     bench-spread-model kinds                         is any kind of worker kept from its work?
//     bench-spread-model cost                          nanoseconds that a choice takes
//
//     least_conn   the worker with the fewest requests
//     central      at most `slots` at a worker, the rest in one queue (HAProxy with maxconn)
//     ours         least-load without capacity
//     ours, hard   least-load with capacity.hard = slots
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/core/picker.hpp"
#include "tests/bench/spread/scenario.hpp"

namespace foretide::spread {
namespace {

using balancer::Endpoint;
using balancer::EndpointSet;

Instant at(double seconds) {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(3600.0 + seconds))};
}

wire::ServiceTable table_of(std::size_t workers, std::optional<std::uint32_t> hard) {
  wire::ServiceTable table;
  table.stamp = {1, 1};
  table.service = {"web"};
  table.policy.hard_capacity = hard;
  for (std::size_t i = 0; i < workers; ++i) {
    const auto port = static_cast<std::uint16_t>(20000 + i);
    table.endpoints.push_back(
        {{std::to_string(i)}, {"127.0.0.1", port}, wire::EndpointState::kActive});
  }
  return table;
}

// Where requests go and wait, before they are at a worker.
class Chooser {
 public:
  virtual ~Chooser() = default;
  // Nothing: the request at the head of the queue waits.
  virtual std::optional<int> choose(double now, std::size_t waiting, double waited) = 0;
  virtual void ended(int worker, double began, double now) = 0;
};

class LeastConn : public Chooser {
 public:
  explicit LeastConn(int most) : most_(most) {}
  std::optional<int> choose(double, std::size_t, double) override {
    std::optional<int> best;
    for (int i = 0; i < kWorkers; ++i) {
      const Worker& worker = workers_[static_cast<std::size_t>(i)];
      if (worker.connections >= most_) continue;
      if (!best || worker < workers_[static_cast<std::size_t>(*best)]) best = i;
    }
    if (!best) return best;
    Worker& worker = workers_[static_cast<std::size_t>(*best)];
    ++worker.connections;
    worker.turn = ++turn_;
    return best;
  }
  void ended(int worker, double, double) override {
    --workers_[static_cast<std::size_t>(worker)].connections;
  }

 private:
  struct Worker {
    int connections = 0, turn = 0;
    auto operator<=>(const Worker&) const = default;
  };
  std::array<Worker, kWorkers> workers_;
  int most_, turn_ = 0;
};

class Ours : public Chooser {
 public:
  explicit Ours(std::optional<std::uint32_t> hard) { set_.apply(table_of(kWorkers, hard)); }
  std::optional<int> choose(double now, std::size_t waiting, double waited) override {
    const balancer::Asked asked{.waiting = static_cast<std::uint32_t>(waiting),
                                .in_flight = set_.in_flight(),
                                .waited = at(waited) - at(0.0)};
    Endpoint* endpoint = picker_.pick(set_, asked, at(now));
    if (endpoint == nullptr || !set_.begin(*endpoint, at(now))) return std::nullopt;
    return static_cast<int>(endpoint->place);
  }
  void ended(int worker, double began, double now) override {
    set_.finish(*set_.endpoints()[static_cast<std::size_t>(worker)], balancer::Finish::kCompleted,
                at(began), at(now));
  }
  std::optional<std::uint32_t> at_once() const { return set_.load().at_once(); }

 private:
  EndpointSet set_;
  balancer::Picker picker_;
};

struct Request {
  double arrived = 0.0, work = 0.0, began = 0.0;
};

// What a worker does with the requests that it has.
class Work {
 public:
  virtual ~Work() = default;
  virtual void add(int request, double work, double now) = 0;
  virtual double next() const = 0;  // when one ends; infinity
  virtual void end(double now, std::vector<int>& ended) = 0;
};
constexpr double kNever = 1e18;

// Serves so many at a time, in order.
class InOrder : public Work {
 public:
  InOrder(Unevenness unevenness, int worker, int slots)
      : unevenness_(unevenness), worker_(worker), slots_(slots) {}
  void add(int request, double work, double now) override {
    waiting_.push_back({request, work});
    begin(now);
  }
  double next() const override { return serving_.empty() ? kNever : serving_.top().first; }
  void end(double now, std::vector<int>& ended) override {
    ended.push_back(serving_.top().second);
    serving_.pop();
    begin(now);
  }

 private:
  void begin(double now) {
    while (!waiting_.empty() && serving_.size() < static_cast<std::size_t>(slots_)) {
      const auto [request, work] = waiting_.front();
      waiting_.pop_front();
      serving_.push({done_at(unevenness_, worker_, now, work), request});
    }
  }
  using End = std::pair<double, int>;
  Unevenness unevenness_;
  int worker_, slots_;
  std::deque<std::pair<int, double>> waiting_;
  std::priority_queue<End, std::vector<End>, std::greater<>> serving_;
};

// Serves all at once, each at a speed that depends on how many there are.
class Together : public Work {
 public:
  // Each further one slows all down by so much: 1 shares one processor, 0.1 is a batch that grows
  // as it goes.
  explicit Together(double slower) : slower_(slower) {}
  void add(int request, double work, double now) override {
    advance(now);
    serving_.push_back({request, work});
  }
  double next() const override {
    double least = kNever;
    for (const auto& [request, left] : serving_) least = std::min(least, left);
    return least == kNever ? kNever : at_ + std::max(least, 0.0) / speed();
  }
  void end(double now, std::vector<int>& ended) override {
    advance(now);
    std::erase_if(serving_, [&](const auto& one) {
      if (one.second > 1e-9) return false;
      ended.push_back(one.first);
      return true;
    });
  }

 private:
  double speed() const {
    return 1.0 / (1.0 + slower_ * (static_cast<double>(serving_.size()) - 1));
  }
  void advance(double now) {
    if (!serving_.empty()) {
      const double done = (now - at_) * speed();
      for (auto& one : serving_) one.second -= done;
    }
    at_ = now;
  }
  double slower_, at_ = 0.0;
  std::vector<std::pair<int, double>> serving_;
};

// Takes up to eight that are there, serves them together, and only then looks again.
class Batches : public Work {
 public:
  void add(int request, double work, double now) override {
    waiting_.push_back({request, work});
    begin(now);
  }
  double next() const override { return batch_.empty() ? kNever : ends_; }
  void end(double now, std::vector<int>& ended) override {
    ended.insert(ended.end(), batch_.begin(), batch_.end());
    batch_.clear();
    begin(now);
  }

 private:
  void begin(double now) {
    if (!batch_.empty() || waiting_.empty()) return;
    double longest = 0.0;
    while (!waiting_.empty() && batch_.size() < 8) {
      batch_.push_back(waiting_.front().first);
      longest = std::max(longest, waiting_.front().second);
      waiting_.pop_front();
    }
    ends_ = now + longest * (1.0 + 0.05 * static_cast<double>(batch_.size()));
  }
  std::deque<std::pair<int, double>> waiting_;
  std::vector<int> batch_;
  double ends_ = 0.0;
};

struct Result {
  std::vector<double> seconds;  // sorted
  std::size_t held = 0;         // at the end
  double quantile(double share) const {
    if (seconds.empty()) return 0.0;
    return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))];
  }
};

struct Load {
  std::function<double(double)> per_second;  // at that time
  std::function<double(Chance&)> work;
  double seconds = 30.0, counted_from = 2.0;
};

Result play(const std::vector<std::unique_ptr<Work>>& workers, Chooser& chooser, const Load& load,
            std::uint64_t seed) {
  constexpr double kLook = 0.010;  // as a timer would
  Chance arrivals(seed), works(seed * 77 + 5);
  std::vector<Request> requests;
  std::deque<int> queue;
  std::vector<int> ended;
  Result result;
  const auto let_go = [&](double now) {
    while (!queue.empty()) {
      const int id = queue.front();
      Request& request = requests[static_cast<std::size_t>(id)];
      const auto worker = chooser.choose(now, queue.size(), now - request.arrived);
      if (!worker) return;
      queue.pop_front();
      request.began = now;
      workers[static_cast<std::size_t>(*worker)]->add(id, request.work, now);
    }
  };
  double arrival = arrivals.exponential(1.0 / load.per_second(0.0)), look = kLook;
  while (true) {
    double now = std::min(arrival, look);
    int first = -1;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (workers[i]->next() >= now) continue;
      now = workers[i]->next();
      first = static_cast<int>(i);
    }
    if (now > load.seconds) break;
    if (first >= 0) {
      ended.clear();
      workers[static_cast<std::size_t>(first)]->end(now, ended);
      for (const int id : ended) {
        const Request& request = requests[static_cast<std::size_t>(id)];
        chooser.ended(first, request.began, now);
        if (request.arrived > load.counted_from) result.seconds.push_back(now - request.arrived);
      }
    } else if (now == arrival) {
      queue.push_back(static_cast<int>(requests.size()));
      requests.push_back({.arrived = now, .work = load.work(works)});
      arrival = now + arrivals.exponential(1.0 / load.per_second(now));
    } else {
      look += kLook;
    }
    let_go(now);
  }
  result.held = queue.size();
  std::sort(result.seconds.begin(), result.seconds.end());
  return result;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<Chooser> chooser_named(std::string_view name, int slots) {
  if (name == "least_conn") return std::make_unique<LeastConn>(1 << 30);
  if (name == "central") return std::make_unique<LeastConn>(slots);
  if (name == "ours") return std::make_unique<Ours>(std::nullopt);
  return std::make_unique<Ours>(static_cast<std::uint32_t>(slots));
}

void uneven(double seconds, int rounds) {
  constexpr std::array<std::string_view, 4> kNames{"least_conn", "central", "ours", "ours, hard"};
  std::printf("p99 of %d rounds of %.0f s: median in ms, over least_conn, over central\n", rounds,
              seconds);
  for (const Scenario& scenario : kScenarios) {
    const double rate = offered(scenario);
    const Load load{.per_second = [rate](double) { return rate; },
                    .work = [](Chance& chance) { return chance.log_normal(kWorkSeconds, 1.0); },
                    .seconds = seconds};
    std::array<double, kNames.size()> p99{};
    for (std::size_t name = 0; name < kNames.size(); ++name) {
      std::vector<double> values;
      for (int round = 0; round < rounds; ++round) {
        std::vector<std::unique_ptr<Work>> workers;
        for (int i = 0; i < kWorkers; ++i) {
          workers.push_back(std::make_unique<InOrder>(scenario.unevenness, i, scenario.slots));
        }
        const auto chooser = chooser_named(kNames[name], scenario.slots);
        const auto seed = static_cast<std::uint64_t>(1000 + round);
        values.push_back(play(workers, *chooser, load, seed).quantile(0.99));
      }
      p99[name] = 1000.0 * median(values);
      std::printf("(%c) %d slot%s %-10s %7.1f %6.3f %6.3f\n",
                  static_cast<char>(scenario.unevenness), scenario.slots,
                  scenario.slots == 1 ? " " : "s", kNames[name].data(), p99[name],
                  p99[name] / p99[0], name == 0 ? 0.0 : p99[name] / p99[1]);
    }
  }
}

// Workers of which nothing is said, ten seconds at a tenth of what they can do, then at 75 %.
void kinds() {
  const auto varied = [](Chance& chance) { return chance.log_normal(0.020, 1.0); };
  const auto alike = [](Chance& chance) { return chance.log_normal(0.020, 0.1); };
  const auto equal = [](Chance&) { return 0.020; };
  struct Kind {
    const char* name;
    double most;  // requests a second that one can serve
    std::function<double(Chance&)> work;
    std::function<std::unique_ptr<Work>()> make;
  };
  const auto in_order = [](int slots) {
    return [slots] { return std::make_unique<InOrder>(Unevenness::kEven, 0, slots); };
  };
  const auto together = [](double slower) {
    return [slower] { return std::make_unique<Together>(slower); };
  };
  const std::vector<Kind> all{
      {"one at a time", 50, varied, in_order(1)},
      {"one at a time, equal", 50, equal, in_order(1)},
      {"two at a time", 100, varied, in_order(2)},
      {"four at a time, equal", 200, equal, in_order(4)},
      {"eight at a time, alike", 400, alike, in_order(8)},
      {"sixteen at a time", 800, varied, in_order(16)},
      {"share a processor", 50, varied, together(1.0)},
      {"share one, equal", 50, equal, together(1.0)},
      {"growing batch", 350, varied, together(0.1)},
      {"growing batch, equal", 350, equal, together(0.1)},
      {"batches of 8, equal", 285, equal, [] { return std::make_unique<Batches>(); }},
      {"batches of 8", 120, varied, [] { return std::make_unique<Batches>(); }},
  };
  std::printf("%-24s%21s%18s%18s%9s\n", "served of what can be", "least_conn  ours", "p50 ms",
              "p99 ms", "at once");
  for (const Kind& kind : all) {
    const double most = kind.most * kWorkers;
    const Load load{.per_second = [most](double now) { return (now < 10.0 ? 0.1 : 0.75) * most; },
                    .work = kind.work,
                    .seconds = 30.0,
                    .counted_from = 15.0};
    std::array<Result, 2> results;
    LeastConn least_conn(1 << 30);
    Ours ours(std::nullopt);
    for (std::size_t i = 0; i < 2; ++i) {
      std::vector<std::unique_ptr<Work>> workers;
      for (int k = 0; k < kWorkers; ++k) workers.push_back(kind.make());
      Chooser& chooser = i == 0 ? static_cast<Chooser&>(least_conn) : ours;
      results[i] = play(workers, chooser, load, 5);
    }
    const auto served = [&](const Result& result) {
      return static_cast<double>(result.seconds.size()) / 15.0 / most;
    };
    const auto limit = ours.at_once();
    std::printf("%-24s%13.2f%8.2f%10.1f%8.1f%10.1f%8.1f%9s\n", kind.name, served(results[0]),
                served(results[1]), 1e3 * results[0].quantile(0.5), 1e3 * results[1].quantile(0.5),
                1e3 * results[0].quantile(0.99), 1e3 * results[1].quantile(0.99),
                limit ? std::to_string(*limit).c_str() : "any");
  }
}

// Choosing, beginning and ending, three quarters of the endpoints being busy.
void cost() {
  for (const std::size_t endpoints : {10, 100, 1000}) {
    for (const bool hard : {false, true}) {
      EndpointSet set;
      set.apply(table_of(endpoints, hard ? std::optional<std::uint32_t>(1) : std::nullopt));
      balancer::Picker picker;
      Chance chance(1);
      std::deque<std::pair<Endpoint*, Instant>> busy;
      double now = 0.0;
      const auto begin = [&] {
        Endpoint* endpoint = picker.pick(set, {.in_flight = set.in_flight()}, at(now));
        if (endpoint == nullptr || !set.begin(*endpoint, at(now))) std::abort();
        busy.emplace_back(endpoint, at(now));
      };
      for (std::size_t i = 0; i < endpoints * 3 / 4; ++i) begin();
      constexpr int kTimes = 300'000;
      const auto from = std::chrono::steady_clock::now();
      for (int i = 0; i < kTimes; ++i) {
        now += 0.02 / static_cast<double>(endpoints);
        const auto [endpoint, began] = busy.front();
        busy.pop_front();
        set.finish(*endpoint, balancer::Finish::kCompleted, began, at(now));
        begin();
      }
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - from;
      std::printf("%5zu endpoints, %s: %4.0f ns for a choice, its begin and its end\n", endpoints,
                  hard ? "capacity.hard 1" : "no capacity    ", took.count() / kTimes);
    }
  }
}

}  // namespace
}  // namespace foretide::spread

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  using namespace foretide::spread;
  if (what.empty() || what == "uneven") {
    uneven(argc > 2 ? std::atof(argv[2]) : 30.0, argc > 3 ? std::atoi(argv[3]) : 5);
  }
  if (what.empty() || what == "kinds") kinds();
  if (what.empty() || what == "cost") cost();
}
