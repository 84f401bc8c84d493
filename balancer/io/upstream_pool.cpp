#include "balancer/io/upstream_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace foretide::balancer {
namespace {

constexpr std::size_t kIdleMax = 512;  // an endpoint and thread
constexpr std::chrono::seconds kIdleTime{30};

// One that is closed helps against these. The last: no room to watch a socket.
bool is_short_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOSPC;
}

}  // namespace

class IdleConnections {
 public:
  std::unique_ptr<UpstreamConnection> take() {
    if (list_.empty()) return nullptr;
    auto connection = std::move(list_.back());
    list_.pop_back();
    connection->sockets_.is_not_idle(*connection);
    connection->idle_timer_.clear();
    connection->set_unawaited(nullptr);
    return connection;
  }

  void give(EventLoop& loop, std::unique_ptr<UpstreamConnection> connection) {
    if (list_.size() >= kIdleMax) return;
    connection->sockets_.make_room_for_idle();
    connection->idle_in_ = this;
    connection->sockets_.is_idle(*connection);
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

UpstreamConnection::UpstreamConnection(UpstreamSockets& sockets, Address address)
    : Stream(sockets.loop_),
      sockets_(sockets),
      address_(std::move(address)),
      idle_timer_(
          [](void* owner) { IdleConnections::drop(*static_cast<UpstreamConnection*>(owner)); },
          this) {}

UpstreamConnection::~UpstreamConnection() {
  if (idle_in_ != nullptr) sockets_.is_not_idle(*this);
  close();  // before another may have its place
  if (sockets_.settings_.budget) sockets_.settings_.budget->give();
}

IoResult UpstreamConnection::connect() {
  IoResult result = Stream::connect(address_);
  if (is_short_of_descriptors(result.error) && sockets_.close_longest_idle()) {
    result = Stream::connect(address_);
  }
  return result;
}

UpstreamSockets::UpstreamSockets(EventLoop& loop, Settings settings)
    : loop_(loop), settings_(std::move(settings)) {}

std::unique_ptr<UpstreamConnection> UpstreamSockets::connection_to(const Address& address) {
  while (settings_.budget && !settings_.budget->take()) {
    if (!close_longest_idle()) return nullptr;
  }
  return std::unique_ptr<UpstreamConnection>(new UpstreamConnection(*this, address));
}

bool UpstreamSockets::close_longest_idle() {
  if (longest_ == nullptr) return false;
  IdleConnections::drop(*longest_);
  return true;
}

// Another thread may need the socket that is given up where the budget is tight.
void UpstreamSockets::make_room_for_idle() {
  const bool tight = settings_.budget && settings_.budget->is_tight();
  if (tight || idle_ >= settings_.idle_max) close_longest_idle();
}

void UpstreamSockets::is_idle(UpstreamConnection& connection) {
  connection.idle_longer_ = shortest_;
  (shortest_ != nullptr ? shortest_->idle_shorter_ : longest_) = &connection;
  shortest_ = &connection;
  ++idle_;
}

void UpstreamSockets::is_not_idle(UpstreamConnection& connection) {
  auto* const longer = std::exchange(connection.idle_longer_, nullptr);
  auto* const shorter = std::exchange(connection.idle_shorter_, nullptr);
  (longer != nullptr ? longer->idle_shorter_ : longest_) = shorter;
  (shorter != nullptr ? shorter->idle_longer_ : shortest_) = longer;
  connection.idle_in_ = nullptr;
  --idle_;
}

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
