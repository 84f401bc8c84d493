#include "balancer/balancer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "balancer/core/standalone_tables.hpp"
#include "balancer/io/admin_pages.hpp"
#include "balancer/io/front.hpp"
#include "balancer/io/this_host.hpp"
#include "common/io/clock.hpp"
#include "common/io/key_file.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::milliseconds kRefresh{500}, kLookAgain{50};

// The first line of a small file; empty when it cannot be read.
std::string line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

Balancer::Balancer(boost::asio::io_context& owner)
    : owner_(owner),
      tls_resumption_(std::make_shared<TlsResumption>()),
      refresh_timer_(owner),
      stop_timer_(owner),
      move_timer_(owner),
      started_(monotonic_now()) {}

Balancer::~Balancer() = default;

Outcome Balancer::open_admin(const Address& address, InheritedSockets& inherited) {
  if (!address.is_loopback()) {
    return Error{"listen.balancer_admin: " + address.text() +
                 " is not on loopback, and the balancer's admin pages have no token yet: use "
                 "127.0.0.1"};
  }
  const auto handed = inherited.take(address);
  auto server = AdminServer::listen(
      owner_, {.listen = address, .token = "", .socket = handed ? handed->share(0, 1).front() : -1},
      [this](const AdminRequest& request) { return answer(request); });
  if (!server) return Error{"listen.balancer_admin: " + server.error()};
  admin_ = std::move(*server);
  admin_address_ = address;
  return Done{};
}

Outcome Balancer::open(TrafficThreads::Settings settings, const Listen& listen,
                       InheritedSockets inherited) {
  // In the order of handed(), by which addresses with port 0 find their sockets again.
  if (const auto opened = open_admin(listen.admin, inherited); !opened) return opened;
  settings.inherited = &inherited;
  for (const auto& address : listen.traffic) settings.listen.push_back({address});
  if (listen.tls) {
    tls_addresses_ = listen.tls->addresses;
    for (const auto& address : tls_addresses_) {
      settings.listen.push_back({address, ListenPoint::Security::kTls});
    }
  }
  auto tls = load_tls(listen.tls);
  if (!tls) return Error{tls.error()};
  settings.tls = std::move(*tls);
  auto log = AccessLog::open({.format = listen.front.access_log.format,
                              .file = listen.front.access_log.file,
                              .threads = settings.threads});
  if (!log) return Error{log.error()};
  access_log_ = std::move(*log);
  front_ = listen.front;
  settings.front = std::make_shared<Front>(front_for(front_, access_log_.get()));
  settings.connections = front_.connections;
  settings.memory_max_bytes = front_.memory_max_bytes;
  auto threads = TrafficThreads::open(owner_, std::move(settings));
  if (!threads) return Error{threads.error()};
  threads_ = std::move(*threads);
  return inherited.close_rest();
}

// What is listened on was decided at the start, so a reload neither begins nor ends TLS.
Result<std::shared_ptr<const TlsServer>> Balancer::load_tls(
    const std::optional<TlsSettings>& settings) {
  if (settings.has_value() != !tls_addresses_.empty() ||
      (settings && settings->addresses != tls_addresses_)) {
    spdlog::warn("listen.tls: the addresses stay as they were until the balancer is started anew");
  }
  if (!settings || tls_addresses_.empty()) return std::shared_ptr<const TlsServer>();
  auto loaded = TlsServer::load(*settings, tls_resumption_);
  if (!loaded) return loaded;
  for (const auto& warning : (*loaded)->warnings()) spdlog::warn("listen.tls: {}", warning);
  return loaded;
}

Result<std::unique_ptr<Balancer>> Balancer::standalone(boost::asio::io_context& owner,
                                                       const ClusterSettings& settings,
                                                       std::uint32_t threads,
                                                       InheritedSockets inherited) {
  std::unique_ptr<Balancer> balancer(new Balancer(owner));
  TrafficThreads::Settings traffic;
  traffic.threads = threads;
  traffic.static_endpoints = true;
  const auto& listen = settings.listen;
  const auto opened = balancer->open(
      std::move(traffic), {listen.traffic, listen.tls, listen.front, listen.balancer_admin},
      std::move(inherited));
  if (!opened) return Error{opened.error()};
  const auto applied = balancer->apply_tables(settings);
  if (!applied) return Error{applied.error()};
  balancer->threads_->run();
  balancer->refresh();
  return balancer;
}

Result<std::unique_ptr<Balancer>> Balancer::connected(boost::asio::io_context& owner,
                                                      const BalancerSettings& settings,
                                                      InheritedSockets inherited) {
  auto keys = read_key_file(settings.key_file);
  if (!keys) return Error{keys.error()};
  std::error_code error;
  std::filesystem::create_directories(settings.state, error);
  if (error) return Error{"state: " + settings.state + ": " + error.message()};

  std::unique_ptr<Balancer> balancer(new Balancer(owner));
  balancer->name_ = settings.name;
  TrafficThreads::Settings traffic;
  traffic.threads = settings.threads;
  traffic.on_urgent = [it = balancer.get()] {
    if (it->link_) it->link_->report_now();
  };
  const auto opened = balancer->open(
      std::move(traffic), {settings.traffic, settings.tls, settings.front, settings.admin},
      std::move(inherited));
  if (!opened) return Error{opened.error()};
  balancer->store_.emplace(settings.state + "/tables");
  balancer->take_tables_of_last_run();
  balancer->threads_->run();
  balancer->link_settings_ = {.balancer = settings,
                              .keys = std::move(*keys),
                              .version = FORETIDE_VERSION,
                              .boot_id = line_of("/proc/sys/kernel/random/boot_id"),
                              .traffic = {}};
  for (const auto& at : balancer->traffic()) {
    balancer->link_settings_->traffic.push_back(at.address.text());
  }
  balancer->refresh();
  return balancer;
}

void Balancer::take_tables_of_last_run() {
  auto held = store_->load();
  if (held) {
    held_ = std::move(*held);
  } else {
    spdlog::error("{}", held.error());
  }
  for (const auto& [id, table] : held_.services()) {
    threads_->apply(table, [](const Applied&) {});
  }
  if (const auto& matches = held_.matches()) {
    threads_->apply(*matches, [] {});
    spdlog::info("serving {} services from the tables of the last run", held_.services().size());
  }
}

void Balancer::take_tables_of_successor() {
  const auto saved = store_->load();
  if (!saved) return;  // what is in force stays
  for (const auto& [id, table] : saved->services()) {
    if (table.stamp <= held_.stamp_of(id)) continue;
    threads_->apply(table, [](const Applied&) {});
    held_.keep(table);
  }
  const auto& matches = saved->matches();
  if (!matches || (held_.matches() && matches->stamp <= held_.matches()->stamp)) return;
  threads_->apply(*matches, [] {});
  held_.keep(*matches);
}

void Balancer::take_over() {
  threads_->claim_socket_files();
  if (!link_settings_ || link_) return;
  link_ = std::make_unique<ControlLink>(owner_, *link_settings_, *threads_, *store_, held_,
                                        [this](std::string reason) {
                                          if (on_refused) on_refused(std::move(reason));
                                        });
}

// How clients are met was decided at the start.
void Balancer::tell_what_stays(const FrontSettings& wanted) const {
  const std::string keys = keys_that_differ(front_, wanted);
  if (keys.empty()) return;
  spdlog::warn("{}: stays as it was until the balancer is replaced (SIGUSR2) or started anew",
               keys);
}

Outcome Balancer::apply(const ClusterSettings& settings) {
  tell_what_stays(settings.listen.front);
  auto tls = load_tls(settings.listen.tls);
  if (!tls) return Error{tls.error()};
  auto applied = apply_tables(settings);
  if (applied && *tls) threads_->set_tls(std::move(*tls));
  return applied;
}

Outcome Balancer::apply(const BalancerSettings& settings) {
  tell_what_stays(settings.front);
  auto tls = load_tls(settings.tls);
  if (!tls) return Error{tls.error()};
  if (*tls) threads_->set_tls(std::move(*tls));
  threads_->forget_upstream_tls();
  return Done{};
}

Outcome Balancer::apply_tables(const ClusterSettings& settings) {
  for (const auto& service : settings.services) {
    if (!service.traffic.tls) continue;
    const auto client = TlsClient::load(*service.traffic.tls);
    if (!client) return Error{"services." + service.id.text + "." + client.error()};
  }
  threads_->forget_upstream_tls();
  auto tables = tables_for(settings, held_);
  for (auto& table : tables.services) {
    held_.keep(table);
    threads_->apply(std::move(table), [](const Applied& applied) {
      if (!applied.reason.empty()) spdlog::error("a table was refused: {}", applied.reason);
    });
  }
  held_.keep(tables.matches);
  threads_->apply(std::move(tables.matches), [] {});
  return Done{};
}

void Balancer::refresh() {
  threads_->report([this](TrafficSnapshot snapshot) {
    snapshot_ = std::move(snapshot);
    if (link_) link_->take_report(snapshot_);
  });
  if (retired_ && store_) take_tables_of_successor();
  refresh_timer_.expires_after(kRefresh);
  refresh_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) refresh();
  });
}

void Balancer::stop(std::function<void()> on_stopped) {
  if (std::exchange(stopping_, true)) {
    drain();
    return threads_->cancel();
  }
  on_stopped_ = std::move(on_stopped);
  if (front_.lame_duck.count() == 0) return leave();
  spdlog::info("not ready any more; listening ends in {} ms (lame_duck)", front_.lame_duck.count());
  threads_->go_lame();
  stop_timer_.expires_after(front_.lame_duck);
  stop_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) leave();
  });
}

void Balancer::leave() {
  if (draining_) return;
  if (!has_address(front_.moving_address)) return drain();
  spdlog::info(
      "new clients are left unanswered until {} has moved to another host (moving_address)",
      fmt::join(front_.moving_address, ", "));
  quiet_since_ = monotonic_now();
  threads_->go_quiet();
  await_move();
}

void Balancer::await_move() {
  std::set<std::uint16_t> ports;
  for (const auto& at : traffic()) ports.insert(at.address.port);
  const auto unfinished = unfinished_connections(ports);
  const Leaving before = leaving_;
  leaving_ = leaving_for({.address_is_here = has_address(front_.moving_address),
                          .unfinished = unfinished ? *unfinished : 1,  // not known: not none
                          .quiet_for = monotonic_now() - *quiet_since_,
                          .drain = front_.drain});
  if (leaving_ != before) {
    if (leaving_ == Leaving::kMayMove) spdlog::info("nobody is connected: the address may move");
    if (leaving_ == Leaving::kTimeUp) cut();
    if (leaving_ == Leaving::kGone) spdlog::info("the address has moved");
    if (leaving_ == Leaving::kGivenUp) {
      spdlog::warn("nobody has moved the address: new clients are refused from now on");
    }
  }
  if (leaving_ == Leaving::kGone || leaving_ == Leaving::kGivenUp) return drain();
  move_timer_.expires_after(kLookAgain);
  move_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) await_move();
  });
}

Successor::Handed Balancer::handed() const {
  Successor::Handed handed;
  handed.sockets.push_back(admin_->descriptor());
  handed.told.push_back({.address = admin_address_.text(), .count = 1});
  for (const auto& sockets : threads_->sockets()) {
    for (const auto& socket : sockets.all()) handed.sockets.push_back(socket.get());
    handed.told.push_back(
        {.address = sockets.address().text(),
         .count = static_cast<std::uint32_t>(sockets.all().size()),
         .file = sockets.owns_file() ? HandedSockets::File::kOurs : HandedSockets::File::kGiven});
  }
  return handed;
}

void Balancer::retire(std::function<void()> on_stopped) {
  stopping_ = retired_ = true;
  on_stopped_ = std::move(on_stopped);
  if (link_) held_ = link_->held();
  link_.reset();
  admin_.reset();
  threads_->leave_socket_files();
  drain();
}

void Balancer::drain() {
  if (std::exchange(draining_, true)) return;
  move_timer_.cancel();
  threads_->drain([this] {
    stop_timer_.cancel();
    on_stopped_();
  });
  const Duration spent = quiet_since_ ? monotonic_now() - *quiet_since_ : Duration{};
  stop_timer_.expires_after(std::max(front_.drain - spent, Duration{}));
  stop_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) cut();
  });
}

void Balancer::cut() {
  spdlog::warn("some requests have not ended after {} ms (drain) and are cut",
               front_.drain.count());
  threads_->cancel();
}

void Balancer::reopen_logs() {
  if (access_log_) access_log_->reopen();
}

AdminResponse Balancer::answer(const AdminRequest& request) const {
  return answer_admin(request, {.name = name_,
                                .version = FORETIDE_VERSION,
                                .standalone = !link_settings_,
                                .coordinator_connected = link_ && link_->connected(),
                                .draining = stopping_,
                                .busy_leaving = stopping_ && leaving_ == Leaving::kBusy,
                                .uptime_seconds = seconds_in(monotonic_now() - started_),
                                .access_log_dropped = access_log_ ? access_log_->dropped() : 0,
                                .held = held(),
                                .traffic = snapshot_});
}

}  // namespace foretide::balancer
