#include "agent/io/uplink.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include "agent/io/process_runner.hpp"
#include "common/io/clock.hpp"
#include "common/io/log.hpp"
#include "common/wire/codec.hpp"

namespace foretide::agent {
namespace {

using std::chrono::seconds;

constexpr Duration kGreetAgainAfter = seconds(1);
constexpr Duration kSilenceMax = seconds(5);
constexpr Duration kComplainEvery = seconds(10);

}  // namespace

Uplink::Uplink(boost::asio::io_context& owner, const AgentSettings& settings, KeyPair keys,
               Self self, Callbacks callbacks)
    : settings_(settings),
      self_(std::move(self)),
      callbacks_(std::move(callbacks)),
      session_(ProcessRunner::draw_mark()),
      address_(settings.address) {
  ZmqClient::Callbacks hear;
  hear.on_arrival = [this](Arrival arrival) { arrived(arrival); };
  hear.on_connected = [this](std::string local_address) { connected(local_address); };
  hear.on_disconnected = [this](std::string reason) { disconnected(reason); };
  client_ = ZmqClient::connect(owner,
                               {settings_.coordinator.control, settings_.coordinator.telemetry,
                                std::move(keys), settings_.coordinator.key},
                               std::move(hear));
}

Uplink::~Uplink() = default;

std::string Uplink::encoded(wire::Body body) {
  wire::Message message;
  message.envelope.epoch = self_.highest_epoch;
  message.envelope.session = session_;
  message.envelope.sequence = ++sequence_;
  message.envelope.sent_at_ms = wall_now().time_since_epoch().count();
  message.body = std::move(body);
  return wire::encode(message);
}

void Uplink::send(wire::NodeReport report) {
  if (connected_) client_->send(encoded(std::move(report)));
}

void Uplink::send(wire::NodeSample sample) {
  if (connected_) client_->send_telemetry(encoded(std::move(sample)));
}

void Uplink::greet() {
  last_greeted_ = monotonic_now();
  wire::Hello hello;
  hello.role = wire::Role::kAgent;
  hello.name = settings_.name;
  hello.version = self_.version;
  hello.boot_id = self_.boot_id;
  hello.highest_epoch = self_.highest_epoch;
  hello.address = address_;
  hello.cpus = self_.cpus;
  hello.memory_bytes = self_.memory_bytes;
  client_->send(encoded(std::move(hello)));
  send(callbacks_.report());
}

void Uplink::tick() {
  if (!connected_) return;
  const Instant now = monotonic_now();
  const bool is_silent = !welcomed_ || now - last_heard_ >= kSilenceMax;
  if (is_silent && now - last_greeted_ >= kGreetAgainAfter) greet();
}

void Uplink::connected(const std::string& local_address) {
  spdlog::info("connected to the coordinator at {}", settings_.coordinator.control.text());
  connected_ = true;
  welcomed_ = false;
  last_trouble_.clear();
  const std::string address = settings_.address.empty() ? local_address : settings_.address;
  if (!address.empty()) {
    address_ = address;
    callbacks_.on_address(address_);
  }
  greet();
}

void Uplink::disconnected(const std::string& reason) {
  const Instant now = monotonic_now();
  connected_ = false;
  if (reason == last_trouble_ && now - last_complaint_ < kComplainEvery) return;
  last_trouble_ = reason;
  last_complaint_ = now;
  spdlog::warn("no connection to the coordinator at {}: {}; the workers run on, trying again",
               settings_.coordinator.control.text(), reason);
}

void Uplink::arrived(const Arrival& arrival) {
  Result<wire::Message> message = wire::decode(arrival.bytes);
  if (!message) {
    // A peer that speaks another version would fill the log: the first and every thousandth.
    if (undecodable_++ % 1000 == 0) {
      spdlog::error("a message from the coordinator cannot be read: {}", message.error());
    }
    return;
  }
  last_heard_ = monotonic_now();
  connected_ = true;
  learn(message->envelope.epoch);
  if (auto* set = std::get_if<wire::DesiredSet>(&message->body)) {
    heard(std::move(*set));
  } else if (const auto* welcome = std::get_if<wire::Welcome>(&message->body)) {
    heard(*welcome);
  } else if (const auto* refusal = std::get_if<wire::Refusal>(&message->body)) {
    heard(*refusal);
  }
}

// A coordinator of a higher epoch may not know this session.
void Uplink::learn(std::uint64_t epoch) {
  if (epoch <= self_.highest_epoch) return;
  self_.highest_epoch = epoch;
  greet();
}

void Uplink::heard(const wire::Welcome& welcome) {
  learn(welcome.epoch);
  if (welcome.introduce) {  // our Hello was lost or refused; the next tick says it again
    welcomed_ = false;
    return;
  }
  if (!welcomed_) {
    spdlog::info("welcomed as {} by the coordinator, epoch {}", welcome.name, welcome.epoch);
    if (welcome.name != settings_.name) {
      spdlog::warn("this agent calls itself {}, but its key belongs to {}", settings_.name,
                   welcome.name);
    }
  }
  welcomed_ = true;
}

void Uplink::heard(wire::DesiredSet set) {
  learn(set.stamp.epoch);
  callbacks_.on_set(std::move(set));
}

void Uplink::heard(const wire::Refusal& refusal) {
  if (!refusal.final) {
    disconnected(refusal.reason);
    connected_ = true;  // it did answer, and is asked again
  }
  callbacks_.on_refusal(refusal);
}

}  // namespace foretide::agent
