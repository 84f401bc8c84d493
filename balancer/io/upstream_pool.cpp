#include "balancer/io/upstream_pool.hpp"

#include <algorithm>
#include <utility>

namespace foretide::balancer {
namespace {

constexpr std::size_t kIdleMax = 512;  // an endpoint and thread
constexpr std::chrono::seconds kIdleTime{30};

}  // namespace

class IdleConnections {
 public:
  std::unique_ptr<UpstreamConnection> take() {
    if (list_.empty()) return nullptr;
    auto connection = std::move(list_.back());
    list_.pop_back();
    connection->idle_in_ = nullptr;
    connection->idle_timer_.clear();
    connection->set_unawaited(nullptr);
    return connection;
  }

  void give(EventLoop& loop, std::unique_ptr<UpstreamConnection> connection) {
    if (list_.size() >= kIdleMax) return;
    connection->idle_in_ = this;
    connection->set_waiter(nullptr);
    connection->set_unawaited([](Stream& stream) {
      auto& idle = static_cast<UpstreamConnection&>(stream);
      // An event may be about bytes that were read meanwhile; the socket itself knows.
      if (idle.has_input()) drop(idle);
    });
    loop.timers().set(connection->idle_timer_, loop.now() + kIdleTime);
    connection->idle_since_turn_ = loop.turns();
    list_.push_back(std::move(connection));
  }

  static void drop(UpstreamConnection& connection) {
    auto& list = connection.idle_in_->list_;
    const auto same = [&](const auto& entry) { return entry.get() == &connection; };
    list.erase(std::find_if(list.begin(), list.end(), same));
  }

  // Whether the loop has looked at its socket since it was given, and saw nothing.
  static bool is_known(const UpstreamConnection& connection, const EventLoop& loop) {
    return connection.idle_since_turn_ != loop.turns() && connection.untold_events() == 0;
  }

  std::size_t size() const { return list_.size(); }

 private:
  std::vector<std::unique_ptr<UpstreamConnection>> list_;
};

UpstreamConnection::UpstreamConnection(EventLoop& loop, Address address)
    : Stream(loop),
      address_(std::move(address)),
      idle_timer_(
          [](void* owner) { IdleConnections::drop(*static_cast<UpstreamConnection*>(owner)); },
          this) {}

std::unique_ptr<UpstreamConnection> take_idle(const EventLoop& loop, Endpoint& endpoint,
                                              Probe probe) {
  auto* idle = static_cast<IdleConnections*>(endpoint.attached.get());
  if (idle == nullptr) return nullptr;
  for (;;) {
    auto connection = idle->take();
    if (!connection) return nullptr;
    const bool known = probe == Probe::kNo && IdleConnections::is_known(*connection, loop);
    if (known || !connection->has_input()) return connection;
  }
}

void give_idle(EventLoop& loop, Endpoint& endpoint,
               std::unique_ptr<UpstreamConnection> connection) {
  if (endpoint.state != wire::EndpointState::kActive) return;
  if (connection->address() != endpoint.address) return;
  if (!endpoint.attached) endpoint.attached = std::make_shared<IdleConnections>();
  static_cast<IdleConnections*>(endpoint.attached.get())->give(loop, std::move(connection));
}

void close_idle(Endpoint& endpoint) {
  endpoint.attached.reset();
}

std::size_t idle_count(const Endpoint& endpoint) {
  const auto* idle = static_cast<const IdleConnections*>(endpoint.attached.get());
  return idle == nullptr ? 0 : idle->size();
}

}  // namespace foretide::balancer
