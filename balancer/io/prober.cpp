#include "balancer/io/prober.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/io/clock.hpp"

namespace foretide::balancer {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kUnderWayMost = 64;

bool is_good_status(std::string_view head) {
  const bool is_http = head.size() >= 12 && head.starts_with("HTTP/1.") && head[8] == ' ';
  return is_http && (head[9] == '2' || head[9] == '3');
}

}  // namespace

// Callbacks in place of a coroutine, as any of them may be the last: the prober may drop it between
// two. Each holds the probe and looks at `told` first.
struct Prober::Probe : std::enable_shared_from_this<Prober::Probe> {
  Probe(asio::io_context& owner, wire::ReadyProbe what, std::function<void(Health)> on_end)
      : spec(std::move(what)), told(std::move(on_end)), socket(owner), deadline(owner) {}

  void begin(const Address& address) {
    error_code error;
    const auto ip = asio::ip::make_address(address.host, error);
    if (error) return end(Health::kBad);
    request = "GET " + spec.path + " HTTP/1.1\r\nHost: " + address.text() +
              "\r\nUser-Agent: foretide-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    deadline.expires_after(spec.timeout);
    deadline.async_wait([probe = shared_from_this()](const error_code& stopped) {
      if (!stopped) probe->end(Health::kBad);
    });
    socket.async_connect({ip, address.port},
                         [probe = shared_from_this()](const error_code& failed) {
                           if (!probe->told) return;
                           if (failed) return probe->end(Health::kBad);
                           if (probe->spec.kind == ProbeSpec::Kind::kTcp) {
                             return probe->end(Health::kGood);
                           }
                           probe->ask();
                         });
  }
  void ask() {
    asio::async_write(socket, asio::buffer(request),
                      [probe = shared_from_this()](const error_code& failed, std::size_t) {
                        if (!probe->told) return;
                        if (failed) return probe->end(Health::kBad);
                        probe->read();
                      });
  }
  void read() {
    socket.async_read_some(asio::buffer(answer.data() + size, answer.size() - size),
                           [probe = shared_from_this()](const error_code& failed, std::size_t got) {
                             if (!probe->told) return;
                             probe->size += got;
                             if (!failed && probe->size < kStatusBytes) return probe->read();
                             const std::string_view head{probe->answer.data(), probe->size};
                             probe->end(is_good_status(head) ? Health::kGood : Health::kBad);
                           });
  }
  void end(Health health) {
    if (!told) return;
    const auto tell = std::exchange(told, nullptr);
    stop();
    tell(health);
  }
  void stop() {
    told = nullptr;
    error_code ignored;
    socket.close(ignored);
    deadline.cancel();
  }

  static constexpr std::size_t kStatusBytes = 12;  // "HTTP/1.1 200"

  wire::ReadyProbe spec;
  std::function<void(Health)> told;  // empty: it has ended
  tcp::socket socket;
  asio::steady_timer deadline;
  std::string request;
  std::array<char, 512> answer{};
  std::size_t size = 0;
};

Prober::Prober(asio::io_context& owner, OnHealth on_health)
    : owner_(owner), on_health_(std::move(on_health)), timer_(owner) {}

Prober::~Prober() {
  for (const auto& probe : under_way_) probe->stop();
}

void Prober::apply(const wire::ServiceTable& table) {
  if (table.stamp <= applied_[table.service]) return;
  applied_[table.service] = table.stamp;
  const auto& spec = table.policy.ready_probe;
  const Instant now = monotonic_now();
  std::int64_t number = 0;
  for (const auto& endpoint : table.endpoints) {
    const Name name{table.service, endpoint.id};
    if (!spec || table.removed || endpoint.state != wire::EndpointState::kActive) {
      drop(name);
      continue;
    }
    const auto count = static_cast<std::int64_t>(table.endpoints.size());
    keep(name, endpoint.address, *spec, now + Duration(spec->interval) * number++ / count);
  }
  ask_due();
}

void Prober::keep(const Name& name, const Address& address, const wire::ReadyProbe& spec,
                  Instant due) {
  Target& target = targets_[name];
  const bool is_new = target.life == 0;
  if (!is_new && target.address == address && target.spec == spec) return;
  if (!is_new && target.address == address) {  // asked otherwise from its next time on
    target.spec = spec;
    return;
  }
  if (!is_new) due_.erase({target.due, name});
  target = {.address = address, .spec = spec, .record = {}, .due = due, .life = ++lives_};
  due_.emplace(due, name);
}

void Prober::drop(const Name& name) {
  const auto found = targets_.find(name);
  if (found == targets_.end()) return;
  due_.erase({found->second.due, name});
  targets_.erase(found);
}

void Prober::ask_due() {
  const Instant now = monotonic_now();
  while (!due_.empty() && due_.begin()->first <= now && under_way_.size() < kUnderWayMost) {
    const Name name = due_.begin()->second;
    due_.erase(due_.begin());
    ask(name, targets_.at(name));
  }
  if (due_.empty() || under_way_.size() >= kUnderWayMost) return;
  timer_.expires_at(due_.begin()->first);
  timer_.async_wait([this](const error_code& error) {
    if (!error) ask_due();
  });
}

void Prober::ask(const Name& name, Target& target) {
  auto probe = std::make_shared<Probe>(owner_, target.spec, nullptr);
  probe->told = [this, name, life = target.life, it = std::weak_ptr(probe)](Health answer) {
    under_way_.erase(it.lock());
    answered(name, life, answer);
  };
  under_way_.insert(probe);
  probe->begin(target.address);
}

void Prober::answered(const Name& name, std::uint64_t life, Health answer) {
  const auto found = targets_.find(name);
  if (found != targets_.end() && found->second.life == life) {
    Target& target = found->second;
    target.due = monotonic_now() + target.spec.interval;
    due_.emplace(target.due, name);
    const ProbeRecord::Thresholds thresholds{target.spec.healthy, target.spec.unhealthy};
    if (target.record.take(answer, thresholds)) on_health_(name.first, name.second, answer);
  }
  ask_due();
}

}  // namespace foretide::balancer
