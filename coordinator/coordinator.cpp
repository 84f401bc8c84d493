#include "coordinator/coordinator.hpp"

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <utility>

#include "common/io/clock.hpp"
#include "common/io/key_file.hpp"
#include "common/io/log.hpp"
#include "common/join_token.hpp"
#include "common/settings/cluster_file.hpp"
#include "coordinator/core/views.hpp"
#include "coordinator/io/api_json.hpp"
#include "coordinator/io/reachability.hpp"

namespace foretide::coordinator {
namespace {

constexpr auto kTick = std::chrono::milliseconds(100);
constexpr Duration kHistoryEvery = std::chrono::seconds(1);
constexpr Duration kAdmitEvery = std::chrono::seconds(30);

// Letters that spell nothing and are not taken for digits.
std::string first_life_tag() {
  constexpr std::string_view kLetters = "bcdfghjkmnpqrstvwxz";
  std::random_device device;
  std::uniform_int_distribution<std::size_t> letter(0, kLetters.size() - 1);
  return {kLetters[letter(device)], kLetters[letter(device)], kLetters[letter(device)]};
}

std::string event_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Coordinator::Coordinator(boost::asio::io_context& owner, Settings settings, StateDir state_dir)
    : settings_(std::move(settings)),
      state_dir_(std::move(state_dir)),
      doorkeeper_(is_address_of_this_host,
                  [this](wire::Role role, const std::string& name, const std::string& session,
                         const std::string& reason) { refuse(role, name, session, reason); }),
      tick_(owner),
      queues_(owner, [this](SignalHeard heard) { happen(std::move(heard)); }) {}

Coordinator::~Coordinator() {
  if (!history_ || !state_.started) return;
  if (Outcome kept = history_->keep_all(state_, monotonic_now(), wall_now()); !kept) {
    spdlog::warn("the last of the demand history is not kept: {}", kept.error());
  }
}

Result<std::unique_ptr<Coordinator>> Coordinator::start(boost::asio::io_context& owner,
                                                        Settings settings) {
  const Address admin = settings.cluster.listen.admin;
  if (!admin.is_loopback())
    return Error{settings.config_path + ": listen.admin: " + admin.text() +
                 " is not on loopback, and the admin API off loopback needs TLS, which is not "
                 "built yet: use 127.0.0.1:" +
                 std::to_string(admin.port) + " and reach it from elsewhere through ssh"};
  auto state_dir = StateDir::take(settings.state_path);
  if (!state_dir) return Error{state_dir.error()};
  std::unique_ptr<Coordinator> it(
      new Coordinator(owner, std::move(settings), std::move(*state_dir)));
  if (Outcome opened = it->open_stores(); !opened) return Error{opened.error()};
  if (Outcome opened = it->open_doors(owner); !opened) return Error{opened.error()};
  if (Outcome begun = it->begin(); !begun) return Error{begun.error()};
  return it;
}

Outcome Coordinator::open_stores() {
  auto store = Store::open(state_dir_.file("control.db"));
  if (!store) return Error{store.error()};
  store_ = std::move(*store);
  auto history = HistoryKeeper::open(state_dir_.file("history.db"), wall_now());
  if (!history) return Error{history.error()};
  history_ = std::move(*history);
  auto enrolment = Enrolment::load(*store_);
  if (!enrolment) return Error{enrolment.error()};
  enrolment_ = std::move(*enrolment);
  by_hand_ = std::make_unique<HandOrders>(
      *store_, state_, [this](Happening happening) { happen(std::move(happening)); });
  outbox_ = std::make_unique<Outbox>(
      *store_,
      [this](wire::Role role, const std::string& name, const std::string& session, Stamp stamp,
             wire::Body body) { gateway_->send(role, name, session, stamp, std::move(body)); },
      [this](const Action& action) { tell(action); });
  return Done{};
}

// The last step before the core begins: from here on the world can speak to us.
Outcome Coordinator::open_doors(boost::asio::io_context& owner) {
  const ListenSettings& listen = settings_.cluster.listen;
  const auto name_key = [&](const std::string& problem, const std::string& key) {
    return Error{problem + ": change " + key + " in " + settings_.config_path};
  };
  auto keys = read_or_make_key_file(state_dir_.file("coordinator.key"));
  if (!keys) return Error{keys.error()};
  auto token = read_or_make_token(state_dir_.file("admin.token"));
  if (!token) return Error{token.error()};

  auto gateway = PeerGateway::open(owner, {listen.control, listen.telemetry, *keys}, *enrolment_,
                                   [this](Happening happening) { happen(std::move(happening)); });
  if (!gateway) {
    const bool is_control = gateway.error().find(listen.control.text()) != std::string::npos;
    return name_key(gateway.error(), is_control ? "listen.control" : "listen.telemetry");
  }
  gateway_ = std::move(*gateway);

  api_ = std::make_unique<AdminApi>(state_, *store_, orders());
  auto admin =
      AdminServer::listen(owner, {listen.admin, *token},
                          [this](const AdminRequest& request) { return api_->answer(request); });
  if (!admin) return name_key(admin.error(), "listen.admin");
  admin_ = std::move(*admin);
  whereabouts_ = {admin_->bound(), gateway_->bound(Lane::kControl),
                  gateway_->bound(Lane::kTelemetry), keys->public_key};
  return Done{};
}

Outcome Coordinator::begin() {
  const auto epoch = store_->epoch();
  if (!epoch) return Error{epoch.error()};
  auto sets = store_->sets();
  if (!sets) return Error{sets.error()};
  const auto decided = store_->last_decisions();
  if (!decided) return Error{decided.error()};
  auto paused = by_hand_->pauses(wall_now());
  if (!paused) return Error{paused.error()};
  auto draining = store_->draining();
  if (!draining) return Error{draining.error()};
  auto pasts = history_->pasts(settings_.cluster, wall_now());
  if (!pasts) return Error{pasts.error()};
  Started started{.epoch = *epoch,
                  .nodes = {},
                  .balancers = enrolment_->balancers(),
                  .decided = {},
                  .paused = std::move(*paused),
                  .draining = std::move(*draining),
                  .pasts = std::move(*pasts),
                  .tag = *epoch == 0 ? first_life_tag() : std::string(),
                  .cluster = settings_.cluster};
  for (auto& [node, set] : *sets) started.nodes.push_back({node, std::move(set)});
  for (const StoredDecision& it : *decided) {
    if (auto decision = decision_in(it.service, it.at, it.json))
      started.decided.push_back(std::move(*decision));
  }
  happen(std::move(started));
  if (!outbox_->trouble().empty()) return Error{outbox_->trouble()};
  by_hand_->restore(wall_now());
  if (Outcome told = state_dir_.announce(whereabouts_); !told) return told;
  queues_.watch(settings_.cluster);
  wait_for_tick();
  return Done{};
}

// ---- what happens ----

void Coordinator::happen(Happening happening) {
  const Instant now = monotonic_now();
  if (!doorkeeper_.lets_in(state_, happening, now)) return;
  std::vector<Action> actions = step(state_, {now, wall_now(), std::move(happening)});
  step_times_.add(monotonic_now() - now);
  outbox_->carry_out(std::move(actions));
}

void Coordinator::refuse(wire::Role role, const std::string& name, const std::string& session,
                         const std::string& reason) {
  gateway_->send(role, name, session, {}, wire::Refusal{reason, false});
  // The log keeps alike lines back by itself.
  spdlog::warn("{} {} is not taken in: {}", role == wire::Role::kAgent ? "agent" : "balancer", name,
               reason);
}

void Coordinator::wait_for_tick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this](const boost::system::error_code& problem) {
    if (problem) return;
    const Instant now = monotonic_now();
    happen(Tick{});
    queues_.look(now);
    if (now - admitted_ >= kAdmitEvery) {
      admitted_ = now;
      gateway_->admit(wall_now());
    }
    if (now - history_kept_ >= kHistoryEvery) keep_history(now, wall_now());
    wait_for_tick();
  });
}

void Coordinator::keep_history(Instant now, WallTime wall) {
  history_kept_ = now;
  if (Outcome kept = history_->keep(state_, now, wall); !kept) {
    spdlog::warn("demand history is not kept: {}", kept.error());
  }
}

// Decisions and notices, for people: the log and the event stream.
void Coordinator::tell(const Action& action) {
  if (const auto* record = std::get_if<RecordDecision>(&action)) {
    const Decision& decision = record->decision;
    spdlog::info("{}: {} -> {} workers ({}): {}", decision.service.text, decision.from, decision.to,
                 decision.rule, decision.reason);
    if (admin_) admin_->publish("decision", event_text(json_for(decision)));
  } else if (const auto* notice = std::get_if<Notice>(&action)) {
    spdlog::info("{}", notice->text);
    for (const std::string& line : notice->output) spdlog::info("    | {}", line);
    if (admin_) admin_->publish("notice", event_text(json_for(*notice)));
  }
}

// ---- what is asked of us ----

Result<Reloaded> Coordinator::reload() {
  const auto refused = [&](std::string problems) {
    ++reload_errors_total_;
    spdlog::error("the cluster file is not taken in, the former one stays in force:");
    std::istringstream lines(problems);
    for (std::string line; std::getline(lines, line);) spdlog::error("{}", line);
    return Error{std::move(problems)};
  };
  auto read = read_cluster(settings_.config_path);
  if (!read) return refused(read.error());
  if (read->listen != settings_.cluster.listen)
    return refused(settings_.config_path +
                   ": `listen` cannot change while the coordinator runs: restart it, or "
                   "put the former addresses back");
  ++reloads_total_;
  const bool changed = *read != settings_.cluster;
  if (changed) {
    settings_.cluster = std::move(*read);
    happen(ClusterChanged{settings_.cluster});
    queues_.watch(settings_.cluster);
    by_hand_->forget_gone();
  }
  spdlog::info("the cluster file was read again: {}",
               changed ? "it has changed" : "nothing has changed");
  return Reloaded{changed};
}

Orders Coordinator::orders() {
  Orders orders;
  orders.now = [] { return monotonic_now(); };
  orders.wall = [] { return wall_now(); };
  orders.not_ready = [this]() -> std::string {
    if (!state_.started) return "it is starting";
    return outbox_->trouble();
  };
  orders.reload = [this] { return reload(); };
  orders.issue_token = [this](wire::Role role, const std::string& name) {
    return issue_token(role, name);
  };
  orders.hold = [this](const ServiceId& service, std::optional<std::uint32_t> count,
                       Duration expires_after) {
    return by_hand_->hold(service, count, expires_after, wall_now());
  };
  orders.no_token_for = [this](const std::string& name) {
    return enrolment_->no_token_for(name, wall_now());
  };
  orders.pause = [this](const PauseSet& order) { return by_hand_->pause(order, wall_now()); };
  orders.drain = [this](const DrainSet& order) { return by_hand_->drain(order); };
  orders.is_enrolled = [this](wire::Role role, const std::string& name) {
    return enrolment_->named(role, name) != nullptr;
  };
  orders.remove = [this](wire::Role role, const std::string& name) { return remove(role, name); };
  orders.ask_forecast = [this](const ServiceId& service, Duration ahead) {
    happen(ForecastAsked{service, ahead});
  };
  orders.history = [this](const ServiceId& service, HistoryGrain grain) {
    const auto now = std::chrono::floor<std::chrono::seconds>(wall_now()).time_since_epoch();
    return history_->history().since(service, grain, now.count() - seconds_kept(grain));
  };
  orders.moments = [this](const ServiceId& service, std::int64_t after) {
    return history_->moments(state_.services.at(service), after);
  };
  orders.metrics = [this] { return metrics(); };
  return orders;
}

// Its last word from us; what it makes of its workers is its host's affair.
void Coordinator::tell_removed(wire::Role role, const std::string& name) {
  const wire::Refusal refusal{"its key was revoked here (" + name + " was removed)", true};
  if (role == wire::Role::kAgent) {
    const auto node = state_.nodes.find({name});
    if (node != state_.nodes.end()) gateway_->send(role, name, node->second.session, {}, refusal);
  } else {
    const auto balancer = state_.balancers.find({name});
    if (balancer != state_.balancers.end())
      gateway_->send(role, name, balancer->second.session, {}, refusal);
  }
}

// The key is struck off first: from then on the peer is a stranger, and only then is it forgotten.
Outcome Coordinator::remove(wire::Role role, const std::string& name) {
  tell_removed(role, name);
  if (Outcome revoked = enrolment_->revoke(role, name); !revoked) return revoked;
  gateway_->admit(wall_now());
  if (role == wire::Role::kBalancer) {
    happen(BalancerRemoved{{name}});
  } else {
    happen(NodeRemoved{{name}});
  }
  return Done{};
}

Result<IssuedToken> Coordinator::issue_token(wire::Role role, const std::string& name) {
  const KeyPair one_time = make_key_pair();
  if (Outcome issued = enrolment_->issue(one_time.public_key, role, name, wall_now()); !issued)
    return Error{issued.error()};
  gateway_->admit(wall_now());
  Address control = whereabouts_.control;
  if (control.is_wildcard()) control.host = address_for_others();
  return IssuedToken{join_token_text({role, whereabouts_.public_key, one_time.secret_key}),
                     control.text(), Enrolment::kTokenLife.count()};
}

std::string Coordinator::metrics() {
  return metrics_page({state_, monotonic_now(), gateway_->channel_counts(),
                       gateway_->inbox_counts(), step_times_, outbox_->decisions_total(),
                       reloads_total_, reload_errors_total_, outbox_->trouble().empty(),
                       queues_.counts()});
}

}  // namespace foretide::coordinator
