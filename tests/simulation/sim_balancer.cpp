#include "tests/simulation/sim_balancer.hpp"

#include <algorithm>
#include <utility>

namespace foretide::simulation {
namespace {

constexpr Duration kReportPeriod = std::chrono::milliseconds(500);
constexpr Duration kAtOncePeriod = std::chrono::milliseconds(50);
constexpr Duration kNotWaitedForAfter = std::chrono::seconds(15);

}  // namespace

SimBalancer::SimBalancer(Ground& ground, std::string name, Connections& connections, Safety& safety,
                         std::vector<Load> loads, Duration clock_offset)
    : ground_(ground),
      connections_(connections),
      loads_(std::move(loads)),
      random_(ground.random.fork()),
      program_(ground.queue, std::move(name), clock_offset),
      uplink_(ground, program_, [this] { introduce(); }),
      around_{.ground = ground,
              .connections = connections,
              .safety = safety,
              .program = program_,
              .balancer = connections.add_balancer([this](std::uint64_t request) {
                for (auto& [id, service] : services_) {
                  if (service->broke(request)) return;
                }
              }),
              .is_waited_for = [this] { return is_waited_for(); },
              .number = [this] { return ++last_request_; },
              .hold_began = [this] { report_at_once(); }} {
  safety.add({.is_waited_for = [this] { return is_waited_for(); },
              .others_at = [this](const Address& address,
                                  const WorkerId& id) { return others_at(address, id); }});
}

// One that was silent too long is not waited for, until it is known to have everything again.
bool SimBalancer::is_waited_for() {
  if (!program_.is_up() || ground_.queue.now() - heard_at_ >= kNotWaitedForAfter)
    caught_up_ = false;
  return caught_up_;
}

void SimBalancer::start() {
  program_.start();
  ground_.history.note(program_.name(), [] { return std::string("balancer starts"); });
  load_disk();
  uplink_.begin(highest_epoch_);
  program_.every(kReportPeriod, [this] { report(Lane::kTelemetry); });
  program_.every(std::chrono::seconds(1), [this] { uplink_.tick(); });
  for (const Load& load : loads_) expect(load);
}

void SimBalancer::crash() {
  ground_.history.note(program_.name(), [] { return std::string("balancer ends"); });
  program_.crash();
  connections_.close_all_of(around_.balancer);
  services_.clear();
  routes_ = {};
  match_applied_ = {};
  reported_at_once_.reset();
  caught_up_ = false;
}

void SimBalancer::load_disk() {
  for (const auto& [id, table] : disk_.services()) {
    served(id).apply(table, table.stamp);
    served(id).acknowledged();
  }
  if (disk_.matches()) {
    routes_.apply(*disk_.matches());
    match_applied_ = disk_.matches()->stamp;
  }
}

SimService& SimBalancer::served(const ServiceId& id) {
  auto& service = services_[id];
  if (!service) {
    ServiceTimes times;
    for (const Load& load : loads_) {
      if (load.service != id) continue;
      times = {.mean = load.service_seconds, .even_from = {}, .even = load.even};
      times.even_from = load.curve->steady_from();
    }
    service = std::make_unique<SimService>(around_, id, times, random_.fork());
  }
  return *service;
}

// The next request of that service; asked for at the curve's highest rate and thinned to its
// present one.
void SimBalancer::expect(const Load& load) {
  const double rate_max = load.curve->rate_max() * load.share;
  if (rate_max <= 0.0) return;
  if (load.even && load.curve->is_steady(ground_.queue.elapsed())) return expect_evenly(load);
  program_.after(Random::seconds(random_.exponential(1.0 / rate_max)), [this, load] {
    const double rate = load.curve->rate(ground_.queue.elapsed());
    if (random_.chance(rate / load.curve->rate_max())) arrive(load.service);
    expect(load);
  });
}

void SimBalancer::expect_evenly(const Load& load) {
  const double rate = load.curve->rate(ground_.queue.elapsed()) * load.share;
  if (rate <= 0.0) return;
  program_.after(Random::seconds(1.0 / rate), [this, load] {
    arrive(load.service);
    expect_evenly(load);
  });
}

void SimBalancer::arrive(const ServiceId& id) {
  const auto& known = routes_.services();
  if (std::find(known.begin(), known.end(), id) != known.end()) served(id).arrive();
}

void SimBalancer::introduce() {
  wire::Hello hello{.role = wire::Role::kBalancer, .name = program_.name(), .version = "sim"};
  hello.highest_epoch = uplink_.epoch();
  uplink_.send(Lane::kControl, std::move(hello));
  for (const auto& [id, service] : services_) acknowledge(id, {});
  if (match_applied_ != Stamp{}) acknowledge(std::nullopt, {});
}

void SimBalancer::acknowledge(const std::optional<ServiceId>& service,
                              const balancer::Applied& applied) {
  wire::TableAck ack{.service = service, .applied = match_applied_};
  if (service) ack.applied = services_.at(*service)->applied();
  ack.accepted = applied.reason.empty();
  ack.reason = applied.reason;
  if (service) services_.at(*service)->acknowledged();
  uplink_.send(Lane::kControl, std::move(ack));
}

void SimBalancer::receive(const Arrived& arrived) {
  if (const auto* welcome = std::get_if<wire::Welcome>(&arrived.message.body)) {
    uplink_.heard(welcome->epoch, welcome);
  } else if (const auto* table = std::get_if<wire::ServiceTable>(&arrived.message.body)) {
    uplink_.heard(table->stamp.epoch, nullptr);
    take(*table);
  } else if (const auto* match = std::get_if<wire::MatchTable>(&arrived.message.body)) {
    uplink_.heard(match->stamp.epoch, nullptr);
    take(*match);
  }
  highest_epoch_ = std::max(highest_epoch_, uplink_.epoch());
}

// Says yes at once and does it later.
void SimBalancer::acknowledge_early(const wire::ServiceTable& table) {
  served(table.service).acknowledged_early(table);
  wire::TableAck ack{.service = table.service, .applied = table.stamp, .reason = {}};
  uplink_.send(Lane::kControl, std::move(ack));
  program_.after(std::chrono::milliseconds(1500), [this, table] { apply(table); });
}

void SimBalancer::take(const wire::ServiceTable& table) {
  if (ground_.broken == Broken::kDrainAck) {
    acknowledge_early(table);
  } else {
    apply(table);
  }
}

void SimBalancer::apply(const wire::ServiceTable& table) {
  SimService& service = served(table.service);
  const Stamp before = service.applied();
  Stamp stamp = table.stamp;
  if (ground_.broken == Broken::kFencing && stamp != before) {
    stamp = {service.endpoints().stamp().epoch, service.endpoints().stamp().revision + 1};
  }
  const balancer::Applied applied = service.apply(table, stamp);
  if (applied.accepted) {
    disk_.keep(table);
    ground_.history.note(program_.name(), [&] {
      return "applied table " + text_of(table.stamp) + " of " + table.service.text;
    });
    if (table.stamp < before) {
      ground_.verdict.broken("stamp-regression",
                             program_.name() + " applied table " + text_of(table.stamp) + " of " +
                                 table.service.text + " after " + text_of(before));
    }
  }
  acknowledge(table.service, applied);
}

void SimBalancer::take(const wire::MatchTable& table) {
  if (routes_.apply(table)) {
    disk_.keep(table);
    match_applied_ = table.stamp;
  }
  acknowledge(std::nullopt, {});
}

void SimBalancer::report(Lane lane) {
  wire::TrafficReport report;
  report.at_ms =
      static_cast<std::uint64_t>(program_.now().time_since_epoch() / std::chrono::milliseconds(1));
  for (const auto& [id, service] : services_) {
    report.services.push_back(service->traffic(program_.now()));
  }
  uplink_.send(lane, std::move(report));
}

void SimBalancer::report_at_once() {
  const Instant now = program_.now();
  if (reported_at_once_ && now - *reported_at_once_ < kAtOncePeriod) return;
  reported_at_once_ = now;
  report(Lane::kControl);
}

const SimService* SimBalancer::service(const ServiceId& id) const {
  const auto found = services_.find(id);
  return found == services_.end() ? nullptr : found->second.get();
}

std::vector<WorkerId> SimBalancer::others_at(const Address& address, const WorkerId& id) const {
  std::vector<WorkerId> found;
  const auto& routed = routes_.services();
  for (const auto& [name, service] : services_) {
    const bool is_routed = std::find(routed.begin(), routed.end(), name) != routed.end();
    if (is_routed) service->others_at(address, id, found);
  }
  return found;
}

}  // namespace foretide::simulation
