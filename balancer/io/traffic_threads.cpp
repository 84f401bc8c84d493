#include "balancer/io/traffic_threads.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "balancer/core/descriptor_shares.hpp"
#include "balancer/io/resolve.hpp"
#include "common/io/log.hpp"
#include "common/io/memory_limit.hpp"

namespace foretide::balancer {

namespace net = boost::asio;

namespace {

std::uint64_t descriptors_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace

Result<std::unique_ptr<TrafficThreads>> TrafficThreads::open(net::io_context& owner,
                                                             Settings settings) {
  std::unique_ptr<TrafficThreads> threads(new TrafficThreads(owner, std::move(settings)));
  for (const auto& at : threads->settings_.listen) {
    const auto listening = threads->listen(at);
    if (!listening) return Error{std::string(at.key()) + ": " + listening.error()};
  }
  threads->settings_.inherited = nullptr;
  return threads;
}

Result<ListeningSockets> TrafficThreads::sockets_for(const Address& address) {
  if (settings_.inherited != nullptr) {
    if (auto taken = settings_.inherited->take(address)) return std::move(*taken);
  }
  std::vector<Address> beside;
  for (const auto& other : settings_.listen) beside.push_back(other.address);
  return ListeningSockets::open(
      {.address = address, .threads = settings_.threads, .families = families_of(address, beside)});
}

void TrafficThreads::leave_socket_files() {
  for (auto& sockets : sockets_) sockets.leave_file();
}

void TrafficThreads::claim_socket_files() {
  for (auto& sockets : sockets_) sockets.claim_file();
}

Outcome TrafficThreads::listen(const ListenPoint& at) {
  auto opened = sockets_for(at.address);
  if (!opened) return Error{opened.error()};
  bound_.push_back({opened->bound(), at.security});
  const auto shared =
      opened->is_shared(settings_.threads) ? Listener::Sockets::kShared : Listener::Sockets::kOwn;
  for (std::uint32_t i = 0; i < settings_.threads; ++i) {
    for (const int fd : opened->share(i, settings_.threads)) {
      if (fd < 0) return Error{"too many descriptors are open: " + at.address.text()};
      threads_[i]->listen({.fd = fd, .security = at.security, .sockets = shared});
    }
  }
  sockets_.push_back(std::move(*opened));
  return Done{};
}

void TrafficThreads::run() {
  for (auto& thread : threads_) running_.emplace_back([&thread = *thread] { thread.run(); });
}

TrafficThreads::TrafficThreads(net::io_context& owner, Settings settings)
    : owner_(owner),
      settings_(std::move(settings)),
      prober_(owner, [this](const ServiceId& service, const WorkerId& worker, Health health) {
        on_each([service, worker, health](TrafficThread& thread) {
          thread.set_health(service, worker, health);
        });
      }) {
  const auto shares =
      descriptor_shares_for(descriptors_max(), settings_.threads, settings_.connections);
  const auto asked_for = settings_.connections / settings_.threads;
  if (shares.connections < asked_for) {
    spdlog::warn(
        "listen.connections: {} connections are taken instead of {}: there are {} "
        "descriptors (ulimit -n), and workers need some",
        shares.connections * settings_.threads, settings_.connections, descriptors_max());
  }
  const auto blocks = std::make_shared<BlockBudget>(
      blocks_max_for(settings_.memory_max_bytes, memory_limit_bytes(), settings_.threads));
  const auto to_workers = std::make_shared<SocketBudget>(shares.worker_sockets);
  for (std::uint32_t i = 0; i < settings_.threads; ++i) {
    threads_.push_back(std::make_unique<TrafficThread>(TrafficThread::Settings{
        .threads = settings_.threads,
        .thread = i,
        .connections_max = shares.connections,
        .upstreams = {.budget = to_workers, .idle_max = shares.idle_sockets},
        .blocks = blocks,
        .static_endpoints = settings_.static_endpoints,
        .front = settings_.front,
        .report_now =
            [this] {
              if (settings_.on_urgent) net::post(owner_, settings_.on_urgent);
            },
        .wake_thread =
            [this](const ServiceId& service, std::uint32_t index) {
              auto& thread = *threads_[index];
              thread.loop().post([&thread, service] { thread.let_go(service); });
            }}));
    threads_.back()->set_tls(settings_.tls);
  }
}

TrafficThreads::~TrafficThreads() {
  for (auto& thread : threads_) thread->loop().stop();
  for (auto& thread : running_) thread.join();
}

void TrafficThreads::on_each(std::function<void(TrafficThread&)> work, std::function<void()> done) {
  struct Call {
    std::function<void(TrafficThread&)> work;
    std::function<void()> done;
    std::atomic<std::size_t> left;
  };
  auto call = std::make_shared<Call>();
  call->work = std::move(work);
  call->done = std::move(done);
  call->left = threads_.size();
  for (auto& thread : threads_) {
    thread->loop().post([call, &thread = *thread, &owner = owner_] {
      call->work(thread);
      if (call->left.fetch_sub(1) == 1 && call->done) net::post(owner, call->done);
    });
  }
}

std::shared_ptr<ServiceShare> TrafficThreads::share_of(const ServiceId& service) {
  auto& share = shares_[service];
  if (!share) share = std::make_shared<ServiceShare>(settings_.threads);
  return share;
}

Result<std::shared_ptr<const TlsClient>> TrafficThreads::upstream_tls(
    const wire::ServiceTable& table) {
  if (!table.policy.tls) {
    upstream_tls_.erase(table.service);
    return std::shared_ptr<const TlsClient>();
  }
  auto& known = upstream_tls_[table.service];
  if (known && known->settings() == *table.policy.tls) return known;
  auto loaded = TlsClient::load(*table.policy.tls);
  if (loaded) known = *loaded;
  return loaded;
}

void TrafficThreads::apply(wire::ServiceTable table, std::function<void(Applied)> on_applied) {
  auto client = upstream_tls(table);
  if (!client) {
    return net::post(owner_, [on_applied = std::move(on_applied), reason = client.error()] {
      on_applied({.accepted = false, .reason = reason, .missing = {}});
    });
  }
  EndpointTls tls{.client = std::move(*client), .hosts = {}};
  for (auto& entry : table.endpoints) {
    if (tls.client) tls.hosts.emplace(entry.id, entry.address.host);
    entry.address.host = literal_for(entry.address.host);
  }
  ServiceSlots::ById slots;
  if (settings_.threads > 1) slots = slots_[table.service].apply(table);
  prober_.apply(table, tls.hosts);
  // All threads hold the same tables, so they judge alike; the last one's word is kept.
  struct Judged {
    std::mutex mutex;
    Applied applied;
  };
  auto judged = std::make_shared<Judged>();
  auto share = share_of(table.service);
  on_each(
      [table = std::move(table), share = std::move(share), slots = std::move(slots),
       tls = std::move(tls), judged](TrafficThread& thread) {
        auto applied = thread.apply(table, share, slots, tls);
        const std::lock_guard lock(judged->mutex);
        judged->applied = std::move(applied);
      },
      [judged, on_applied = std::move(on_applied)] { on_applied(judged->applied); });
}

void TrafficThreads::apply(wire::MatchTable table, std::function<void()> on_applied) {
  for (const auto& match : table.matches) share_of(match.service);
  on_each([table = std::move(table),
           shares = shares_](TrafficThread& thread) { thread.apply(table, shares); },
          std::move(on_applied));
}

void TrafficThreads::set_tls(std::shared_ptr<const TlsServer> tls) {
  on_each([tls = std::move(tls)](TrafficThread& thread) { thread.set_tls(tls); });
}

void TrafficThreads::coordinator_lost(bool lost) {
  on_each([lost](TrafficThread& thread) { thread.coordinator_lost(lost); });
}

void TrafficThreads::report(std::function<void(TrafficSnapshot)> on_report) {
  struct Collected {
    std::mutex mutex;
    std::map<ServiceId, wire::ServiceTraffic> services;
    std::map<ServiceId, ServiceSight> sights;
    ConnectionCounts connections;
  };
  auto collected = std::make_shared<Collected>();
  on_each(
      [collected](TrafficThread& thread) {
        const auto shares = thread.report();
        const auto sights = thread.sights();
        const std::lock_guard lock(collected->mutex);
        for (const auto& share : shares) {
          const auto [sum, first] = collected->services.try_emplace(share.service, share);
          if (!first) add(sum->second, share);
        }
        for (const auto& [id, sight] : sights) add(collected->sights[id], sight);
        collected->connections += thread.connections();
      },
      [collected, on_report = std::move(on_report)] {
        TrafficSnapshot snapshot;
        snapshot.connections = collected->connections;
        snapshot.sights = std::move(collected->sights);
        for (auto& [id, sum] : collected->services) snapshot.services.push_back(std::move(sum));
        on_report(std::move(snapshot));
      });
}

void TrafficThreads::go_lame() {
  on_each([](TrafficThread& thread) { thread.go_lame(); });
}

void TrafficThreads::go_quiet() {
  on_each([](TrafficThread& thread) { thread.go_quiet(); });
}

void TrafficThreads::drain(std::function<void()> on_empty) {
  // Who finds no file tries elsewhere; the threads' own descriptors are the last and take who
  // waits.
  sockets_.clear();
  auto left = std::make_shared<std::atomic<std::size_t>>(threads_.size());
  on_each([left, on_empty = std::move(on_empty), &owner = owner_](TrafficThread& thread) {
    thread.drain([left, on_empty, &owner] {
      if (left->fetch_sub(1) == 1) net::post(owner, on_empty);
    });
  });
}

void TrafficThreads::cancel() {
  on_each([](TrafficThread& thread) { thread.cancel_sessions(); });
}

}  // namespace foretide::balancer
