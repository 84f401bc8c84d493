#include "balancer/io/traffic_thread.hpp"

#include <array>
#include <ctime>
#include <utility>

#include "balancer/io/front.hpp"
#include "balancer/io/proxy_session.hpp"
#include "balancer/io/tls_server.hpp"
#include "common/check.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::milliseconds kReportGap{50}, kDateAge{200};

}  // namespace

TrafficThread::TrafficThread(Settings settings)
    : settings_(std::move(settings)),
      upstreams_(loop_, settings_.upstreams),
      report_timer_([](void* owner) { static_cast<TrafficThread*>(owner)->send_report(); }, this) {
  if (!settings_.front) settings_.front = std::make_shared<Front>();
  buffers_.set_budget(settings_.blocks);
}

void TrafficThread::go_lame() {
  lame_ = true;
  for (ProxySession* session = sessions_; session != nullptr; session = session->next) {
    session->drain();
  }
}

void TrafficThread::go_quiet() {
  for (const auto& listener : listeners_) listener->ignore_new();
  go_lame();
}

// Who is idle longest is found among a few at a time, going round: nothing has to be kept in order
// for it while there is room.
bool TrafficThread::make_room() {
  constexpr int kLookedAt = 64;
  // A request may be on its way on one that has been idle for less, and on a new one it mostly is.
  constexpr Duration kIdleLeast = std::chrono::seconds(1);
  ProxySession* longest = nullptr;
  for (int i = 0; i < kLookedAt; ++i) {
    if (look_at_ == nullptr) look_at_ = sessions_;
    if (look_at_ == nullptr) break;
    const auto since = look_at_->idle_since();
    if (since && (longest == nullptr || *since < *longest->idle_since())) longest = look_at_;
    look_at_ = look_at_->next;
  }
  if (longest == nullptr || loop_.now() - *longest->idle_since() < kIdleLeast) return false;
  longest->cancel();
  ++counts_.closed_idle_total;
  return true;
}

TrafficThread::~TrafficThread() {
  CHECK(sessions_ == nullptr, "sessions end before their thread's state does");
}

void TrafficThread::listen(const Listener::Settings& settings) {
  listeners_.push_back(std::make_unique<Listener>(*this, settings));
}

LocalService& TrafficThread::service(const ServiceId& id, std::shared_ptr<ServiceShare> share) {
  auto& found = services_[id];
  if (!found) {
    found = std::make_unique<LocalService>(
        loop_, LocalService::Settings{
                   .id = id,
                   .static_endpoints = settings_.static_endpoints,
                   .threads = settings_.threads,
                   .thread = settings_.thread,
                   .share = std::move(share),
                   .report_now = [this] { ask_for_report(); },
                   .wake_thread =
                       [this, id](std::uint32_t thread) { settings_.wake_thread(id, thread); }});
    found->coordinator_lost(coordinator_lost_);
    // The match table may have come first.
    for (std::size_t i = 0; i < routed_.size(); ++i) {
      if (routes_.services()[i] == id) routed_[i] = found.get();
    }
  }
  return *found;
}

Applied TrafficThread::apply(const wire::ServiceTable& table, std::shared_ptr<ServiceShare> share,
                             const std::map<WorkerId, std::shared_ptr<Slots>>& slots,
                             const EndpointTls& tls) {
  return service(table.service, std::move(share)).apply(table, slots, tls);
}

bool TrafficThread::apply(const wire::MatchTable& table,
                          const std::map<ServiceId, std::shared_ptr<ServiceShare>>& shares) {
  if (!routes_.apply(table)) return false;
  routed_.clear();
  for (const auto& id : routes_.services()) routed_.push_back(&service(id, shares.at(id)));
  wake_awaiting_routes();
  return true;
}

void TrafficThread::coordinator_lost(bool lost) {
  coordinator_lost_ = lost;
  for (auto& [id, service] : services_) service->coordinator_lost(lost);
  wake_awaiting_routes();
}

void TrafficThread::wake_awaiting_routes() {
  for (Waiter* waiter : await_routes_) waiter->wake();
}

void TrafficThread::let_go(const ServiceId& id) {
  if (const auto found = services_.find(id); found != services_.end()) found->second->let_go();
}

void TrafficThread::set_health(const ServiceId& service, const WorkerId& worker, Health health) {
  const auto found = services_.find(service);
  if (found != services_.end()) found->second->set_health(worker, health);
}

std::vector<wire::ServiceTraffic> TrafficThread::report() const {
  std::vector<wire::ServiceTraffic> reports;
  for (const auto& [id, service] : services_) reports.push_back(service->report());
  return reports;
}

std::map<ServiceId, ServiceSight> TrafficThread::sights() const {
  std::map<ServiceId, ServiceSight> sights;
  for (const auto& [id, service] : services_) sights.emplace(id, service->sight());
  return sights;
}

LocalService* TrafficThread::service_for(const RouteQuery& query) {
  const auto index = routes_.find(query);
  if (!index || routed_[*index]->removed()) return nullptr;
  return routed_[*index];
}

void TrafficThread::drain(std::function<void()> on_empty) {
  for (const auto& listener : listeners_) listener->accept_rest();
  draining_ = true;
  on_empty_ = std::move(on_empty);
  listeners_.clear();
  wake_awaiting_routes();
  for (ProxySession* session = sessions_; session != nullptr; session = session->next) {
    session->drain();
  }
  if (sessions_ == nullptr && on_empty_) on_empty_();
}

void TrafficThread::cancel_sessions() {
  for (ProxySession* session = sessions_; session != nullptr; session = session->next) {
    session->cancel();
  }
}

void TrafficThread::joined(ProxySession& session) {
  session.next = sessions_;
  if (sessions_ != nullptr) sessions_->previous = &session;
  sessions_ = &session;
  ++counts_.accepted_total;
  ++counts_.open;
}

void TrafficThread::left(ProxySession& session) {
  if (look_at_ == &session) look_at_ = session.next;
  if (session.next != nullptr) session.next->previous = session.previous;
  (session.previous != nullptr ? session.previous->next : sessions_) = session.next;
  --counts_.open;
  if (sessions_ == nullptr && draining_ && on_empty_) std::exchange(on_empty_, nullptr)();
}

std::string_view TrafficThread::date() {
  if (date_until_ < loop_.now()) {
    date_until_ = loop_.now() + kDateAge;
    const std::time_t second = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    std::array<char, 32> text{};
    const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_.assign(text.data(), size);
  }
  return date_;
}

void TrafficThread::ask_for_report() {
  if (report_timer_.is_set()) return;
  const Instant earliest = reported_at_ + kReportGap;
  if (reported_at_ == Instant{} || earliest <= loop_.now()) return send_report();
  loop_.timers().set(report_timer_, earliest);
}

void TrafficThread::send_report() {
  reported_at_ = loop_.now();
  if (settings_.report_now) settings_.report_now();
}

}  // namespace foretide::balancer
