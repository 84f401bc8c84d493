#include "balancer/io/control_link.hpp"

#include <boost/asio/post.hpp>
#include <random>
#include <utility>
#include <variant>

#include "common/io/clock.hpp"
#include "common/io/log.hpp"
#include "common/wire/codec.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::milliseconds kTick{250};
constexpr std::chrono::seconds kGreetAgain{1}, kSilence{5}, kLost{15}, kComplainAgain{10};

std::string draw_session() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

}  // namespace

ControlLink::ControlLink(boost::asio::io_context& owner, Settings settings, TrafficThreads& threads,
                         TableStore store, HeldTables held,
                         std::function<void(std::string)> on_refused)
    : owner_(owner),
      settings_(std::move(settings)),
      threads_(threads),
      store_(std::move(store)),
      held_(std::move(held)),
      saved_(held_),
      on_refused_(std::move(on_refused)),
      session_(draw_session()),
      epoch_(held_.highest_epoch()),
      name_(settings_.balancer.name),
      heard_(monotonic_now()),
      timer_(owner) {
  ZmqClient::Callbacks callbacks;
  callbacks.on_arrival = [this](const Arrival& arrival) { arrived(arrival); };
  callbacks.on_connected = [this](const std::string&) {
    spdlog::info("connected to the coordinator at {}",
                 settings_.balancer.coordinator.control.text());
    greet();
  };
  callbacks.on_disconnected = [this](const std::string& reason) {
    welcomed_ = false;
    const Instant now = monotonic_now();
    if (complained_ != Instant{} && now - complained_ < kComplainAgain) return;
    complained_ = now;
    spdlog::warn(
        "no connection to the coordinator at {}: {}; traffic is served from the last "
        "known tables",
        settings_.balancer.coordinator.control.text(), reason);
  };
  client_ = ZmqClient::connect(
      owner_,
      {settings_.balancer.coordinator.control, settings_.balancer.coordinator.telemetry,
       settings_.keys, settings_.balancer.coordinator.key},
      std::move(callbacks));
  tick();
}

void ControlLink::tick() {
  const Instant now = monotonic_now();
  if (!welcomed_ && now - greeted_ >= kGreetAgain) greet();
  if (welcomed_ && now - heard_ >= kSilence) {
    welcomed_ = false;
    greet();
  }
  const bool lost = now - heard_ >= kLost;
  if (lost != lost_) {
    lost_ = lost;
    if (lost) spdlog::warn("nothing was heard from the coordinator for 15 s");
    threads_.coordinator_lost(lost);
  }
  timer_.expires_after(kTick);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) tick();
  });
}

void ControlLink::greet() {
  greeted_ = monotonic_now();
  client_->send(encoded(wire::Hello{.role = wire::Role::kBalancer,
                                    .name = name_,
                                    .version = settings_.version,
                                    .boot_id = settings_.boot_id,
                                    .highest_epoch = epoch_,
                                    .address = {},
                                    .traffic = settings_.traffic}));
  for (auto& ack : saved_.acks()) client_->send(encoded(std::move(ack)));
}

void ControlLink::arrived(const Arrival& arrival) {
  auto message = wire::decode({arrival.bytes.data(), arrival.bytes.size()});
  if (!message) {
    spdlog::warn("a message from the coordinator was dropped: {}", message.error());
    return;
  }
  heard_ = monotonic_now();
  if (lost_) {
    lost_ = false;
    spdlog::info("the coordinator is back");
    threads_.coordinator_lost(false);
  }
  std::visit(
      [this](auto& body) {
        if constexpr (requires { take(std::move(body)); }) take(std::move(body));
      },
      message->body);
}

void ControlLink::take(const wire::Welcome& welcome) {
  if (welcome.introduce) {  // our Hello was lost; the next tick says it again
    welcomed_ = false;
    notice_epoch(welcome.epoch);
    return;
  }
  if (!welcomed_) spdlog::info("welcomed as {} in epoch {}", welcome.name, welcome.epoch);
  welcomed_ = true;
  name_ = welcome.name;
  notice_epoch(welcome.epoch);
}

void ControlLink::take(const wire::Refusal& refusal) {
  if (refusal.final) return on_refused_(refusal.reason);
  spdlog::warn("the coordinator refuses: {}", refusal.reason);
}

// A coordinator that restarted has not heard our Hello.
void ControlLink::notice_epoch(std::uint64_t epoch) {
  if (epoch <= epoch_) return;
  epoch_ = epoch;
  greet();
}

void ControlLink::take(wire::ServiceTable table) {
  notice_epoch(table.stamp.epoch);
  auto applied = table;
  threads_.apply(std::move(table), [this, alive = std::weak_ptr(alive_),
                                    table = std::move(applied)](const Applied& judged) {
    if (alive.expired()) return;
    for (const auto& worker : judged.missing) {
      spdlog::debug("{}: the table has no entry for {}, it is kept", table.service.text,
                    worker.text);
    }
    if (judged.accepted) held_.keep(table);
    if (!judged.reason.empty()) {
      spdlog::error("a table of {} was refused: {}", table.service.text, judged.reason);
    }
    settle({.service = table.service,
            .applied = held_.stamp_of(table.service),
            .accepted = judged.reason.empty(),
            .reason = judged.reason});
  });
}

void ControlLink::take(wire::MatchTable table) {
  notice_epoch(table.stamp.epoch);
  auto applied = table;
  threads_.apply(std::move(table),
                 [this, alive = std::weak_ptr(alive_), table = std::move(applied)] {
                   if (alive.expired()) return;
                   held_.keep(table);
                   settle({.service = {}, .applied = held_.matches()->stamp, .reason = {}});
                 });
}

void ControlLink::settle(wire::TableAck ack) {
  unacknowledged_.push_back(std::move(ack));
  if (std::exchange(saving_, true)) return;
  // Tables come in bunches; one writing serves all that have been applied by then.
  boost::asio::post(owner_, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) save_and_acknowledge();
  });
}

void ControlLink::save_and_acknowledge() {
  saving_ = false;
  if (const auto saved = store_.save(held_); !saved) {
    // Unacknowledged, the coordinator sends it again in a second, and it is tried again.
    spdlog::error("the tables are not saved and not acknowledged: {}", saved.error());
    unacknowledged_.clear();
    return;
  }
  saved_ = held_;
  for (auto& ack : std::exchange(unacknowledged_, {})) client_->send(encoded(std::move(ack)));
}

void ControlLink::report_now() {
  threads_.report([this, alive = std::weak_ptr(alive_)](const TrafficSnapshot& snapshot) {
    if (!alive.expired()) client_->send(encoded(report_for(snapshot)));
  });
}

void ControlLink::take_report(const TrafficSnapshot& snapshot) {
  client_->send_telemetry(encoded(report_for(snapshot)));
}

wire::TrafficReport ControlLink::report_for(const TrafficSnapshot& snapshot) {
  const auto age =
      std::chrono::floor<std::chrono::milliseconds>(monotonic_now().time_since_epoch());
  return {.at_ms = static_cast<std::uint64_t>(age.count()), .services = snapshot.services};
}

std::string ControlLink::encoded(wire::Body body) {
  const WallTime now = wall_now();
  return wire::encode({.envelope = {.epoch = epoch_,
                                    .revision = 0,
                                    .session = session_,
                                    .sequence = ++sequence_,
                                    .sent_at_ms = now.time_since_epoch().count()},
                       .body = std::move(body)});
}

}  // namespace foretide::balancer
