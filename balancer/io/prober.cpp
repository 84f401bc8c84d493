#include "balancer/io/prober.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "balancer/io/tls_upstream.hpp"
#include "common/io/clock.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
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
  Probe(asio::io_context& owner, Way how) : way(std::move(how)), socket(owner), deadline(owner) {}

  void begin() {
    error_code error;
    const auto ip = asio::ip::make_address(way.address.host, error);
    if (error) return fail("its name is not resolved");
    deadline.expires_after(way.spec.timeout);
    deadline.async_wait([probe = shared_from_this()](const error_code& stopped) {
      if (stopped) return;
      probe->fail("no answer in " + std::to_string(probe->way.spec.timeout.count()) + " ms");
    });
    socket.async_connect({ip, way.address.port},
                         [probe = shared_from_this()](const error_code& failed) {
                           if (!probe->told) return;
                           if (failed) return probe->fail(failed.message());
                           probe->connected();
                         });
  }
  void connected() {
    if (way.spec.kind == ProbeSpec::Kind::kTcp) return end(Health::kGood, {});
    request = "GET " + way.spec.path + " HTTP/1.1\r\nHost: " + way.address.text() +
              "\r\nUser-Agent: foretide-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    if (!way.tls) return ask(socket);
    SSL_CTX_up_ref(way.tls.get());
    ssl::context context(way.tls.get());  // which gives up the reference
    tls = std::make_unique<TlsStream>(socket, context);
    if (!set_tls_name(tls->native_handle(), way.name)) return fail("its name cannot be proven");
    tls->async_handshake(ssl::stream_base::client,
                         [probe = shared_from_this()](const error_code& failed) {
                           if (!probe->told) return;
                           if (failed) return probe->fail("TLS: " + failed.message());
                           probe->ask(*probe->tls);
                         });
  }
  template <class AnyStream>
  void ask(AnyStream& stream) {
    asio::async_write(stream, asio::buffer(request),
                      [probe = shared_from_this(), &stream](const error_code& failed, std::size_t) {
                        if (!probe->told) return;
                        if (failed) return probe->fail(failed.message());
                        probe->read(stream);
                      });
  }
  template <class AnyStream>
  void read(AnyStream& stream) {
    stream.async_read_some(
        asio::buffer(answer.data() + size, answer.size() - size),
        [probe = shared_from_this(), &stream](const error_code& failed, std::size_t got) {
          if (!probe->told) return;
          probe->size += got;
          if (!failed && probe->size < kStatusBytes) return probe->read(stream);
          const std::string_view head{probe->answer.data(), probe->size};
          if (is_good_status(head)) return probe->end(Health::kGood, {});
          const bool has_status = head.starts_with("HTTP/1.") && head.size() >= kStatusBytes;
          probe->fail(has_status ? "status " + std::string(head.substr(9, 3)) : "no HTTP answer");
        });
  }
  void fail(const std::string& why) { end(Health::kBad, why); }
  void end(Health health, const std::string& why) {
    if (!told) return;
    const auto tell = std::exchange(told, nullptr);
    stop();
    tell(health, why);
  }
  void stop() {
    told = nullptr;
    error_code ignored;
    socket.close(ignored);
    deadline.cancel();
  }

  static constexpr std::size_t kStatusBytes = 12;  // "HTTP/1.1 200"
  using TlsStream = ssl::stream<tcp::socket&>;

  Way way;
  std::function<void(Health, const std::string& why)> told;  // empty: it has ended
  tcp::socket socket;
  std::unique_ptr<TlsStream> tls;
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

void Prober::apply(const wire::ServiceTable& table, const std::map<WorkerId, std::string>& hosts) {
  if (table.stamp <= applied_[table.service]) return;
  applied_[table.service] = table.stamp;
  const auto& spec = table.policy.ready_probe;
  const auto tls = tls_for(table);
  const auto count = static_cast<std::int64_t>(table.endpoints.size());
  const Instant now = monotonic_now();
  std::int64_t number = 0;
  for (const auto& endpoint : table.endpoints) {
    const Name name{table.service, endpoint.id};
    if (!spec || table.removed || endpoint.state != wire::EndpointState::kActive) {
      drop(name);
      continue;
    }
    Way way{.address = endpoint.address, .spec = *spec, .tls = tls, .name = {}};
    if (tls) {
      const auto host = hosts.find(endpoint.id);
      way.name = table.policy.tls->server_name;
      if (way.name.empty() && host != hosts.end()) way.name = host->second;
    }
    keep(name, std::move(way), now + Duration(spec->interval) * number++ / count);
  }
  ask_due();
}

// A context of its own: the one that requests use expects all its connections to be theirs.
std::shared_ptr<SSL_CTX> Prober::tls_for(const wire::ServiceTable& table) {
  const auto& spec = table.policy.ready_probe;
  const bool by_tls = spec && spec->kind == ProbeSpec::Kind::kHttp && table.policy.tls;
  if (!by_tls) {
    tls_.erase(table.service);
    return nullptr;
  }
  auto& [settings, context] = tls_[table.service];
  if (context && settings == *table.policy.tls) return context;
  settings = *table.policy.tls;
  const auto loaded = TlsClient::load(settings);
  if (!loaded) {  // the table is refused for the same reason
    tls_.erase(table.service);
    return nullptr;
  }
  SSL_CTX_set_session_cache_mode((*loaded)->context(), SSL_SESS_CACHE_OFF);
  SSL_CTX_sess_set_new_cb((*loaded)->context(), nullptr);
  context = std::shared_ptr<SSL_CTX>(*loaded, (*loaded)->context());
  return context;
}

void Prober::keep(const Name& name, Way way, Instant due) {
  Target& target = targets_[name];
  if (target.life != 0 && target.way.address == way.address) {
    target.way = std::move(way);
    if (due_.erase({target.due, name}) == 0) return;  // it is being asked
    target.due = std::min(target.due, due);           // the interval may be a shorter one now
    due_.emplace(target.due, name);
    return;
  }
  if (target.life != 0) due_.erase({target.due, name});
  target = {.way = std::move(way), .record = {}, .due = due, .life = ++lives_};
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

void Prober::ask(const Name& name, const Target& target) {
  auto probe = std::make_shared<Probe>(owner_, target.way);
  probe->told = [this, name, life = target.life, it = std::weak_ptr(probe)](
                    Health answer, const std::string& why) {
    under_way_.erase(it.lock());
    answered(name, life, answer, why);
  };
  under_way_.insert(probe);
  probe->begin();
}

void Prober::answered(const Name& name, std::uint64_t life, Health answer, const std::string& why) {
  const auto found = targets_.find(name);
  if (found != targets_.end() && found->second.life == life) {
    Target& target = found->second;
    target.due = monotonic_now() + target.way.spec.interval;
    due_.emplace(target.due, name);
    const ProbeRecord::Thresholds thresholds{target.way.spec.healthy, target.way.spec.unhealthy};
    if (target.record.take(answer, thresholds)) {
      if (answer == Health::kGood) {
        spdlog::info("{}: worker {} is ready again", name.first.text, target.way.address.text());
      } else {
        spdlog::warn("{}: worker {} is not ready: {}", name.first.text, target.way.address.text(),
                     why);
      }
      on_health_(name.first, name.second, answer);
    }
  }
  ask_due();
}

}  // namespace foretide::balancer
