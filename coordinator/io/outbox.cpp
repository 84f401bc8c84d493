#include "coordinator/io/outbox.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/io/log.hpp"
#include "coordinator/io/api_json.hpp"

namespace foretide::coordinator {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

Stamp of_epoch(std::uint64_t epoch) {
  return {epoch, 0};
}

}  // namespace

Outbox::Outbox(Store& store, Send send, Tell tell)
    : store_(store), send_(std::move(send)), tell_(std::move(tell)) {}

void Outbox::carry_out(std::vector<Action> actions) {
  for (const Action& action : actions) keep(action);
  const bool durable = write();
  for (Action& action : actions) {
    if (durable || std::holds_alternative<RefuseNode>(action)) send(action);
    if (std::holds_alternative<RecordDecision>(action) || std::holds_alternative<Notice>(action))
      tell_(action);
  }
}

void Outbox::keep(const Action& action) {
  if (const auto* epoch = std::get_if<PersistEpoch>(&action)) {
    unwritten_.epoch = epoch->epoch;
    unwritten_.revision.reset();  // it counts anew within the epoch
  } else if (const auto* revision = std::get_if<PersistRevision>(&action)) {
    unwritten_.revision = revision->revision;
  } else if (const auto* set = std::get_if<PersistSet>(&action)) {
    unwritten_.sets[set->node] = set->set;
  } else if (const auto* record = std::get_if<RecordDecision>(&action)) {
    ++decisions_total_;
    const Decision& decision = record->decision;
    unwritten_.decisions.push_back(
        {decision.service, decision.at,
         json_for(decision).dump(-1, ' ', false, Json::error_handler_t::replace)});
    if (unwritten_.decisions.size() > Store::kUnwrittenDecisionsKept)
      unwritten_.decisions.pop_front();
  }
}

bool Outbox::write() {
  if (unwritten_.empty()) return true;
  const Outcome written = store_.commit(unwritten_);
  if (!written) {
    if (trouble_.empty())
      spdlog::error(
          "{}. Nothing new is sent until it can be stored; workers and traffic go on as they are",
          written.error());
    trouble_ = written.error();
    return false;
  }
  if (!trouble_.empty()) spdlog::info("the store can be written again");
  trouble_.clear();
  unwritten_ = {};
  return true;
}

void Outbox::send(Action& action) {
  constexpr auto kAgent = wire::Role::kAgent, kBalancer = wire::Role::kBalancer;
  std::visit(
      Overloaded{
          [&](SendWelcomeNode& a) {
            const Stamp stamp = of_epoch(a.welcome.epoch);
            send_(kAgent, a.node.text, a.session, stamp, std::move(a.welcome));
          },
          [&](SendWelcomeBalancer& a) {
            const Stamp stamp = of_epoch(a.welcome.epoch);
            send_(kBalancer, a.balancer.text, a.session, stamp, std::move(a.welcome));
          },
          [&](RefuseNode& a) { send_(kAgent, a.node.text, a.session, {}, std::move(a.refusal)); },
          [&](SendSet& a) {
            const Stamp stamp = a.set.stamp;
            send_(kAgent, a.node.text, a.session, stamp, std::move(a.set));
          },
          [&](SendServiceTable& a) {
            const Stamp stamp = a.table.stamp;
            send_(kBalancer, a.balancer.text, a.session, stamp, std::move(a.table));
          },
          [&](SendMatchTable& a) {
            const Stamp stamp = a.table.stamp;
            send_(kBalancer, a.balancer.text, a.session, stamp, std::move(a.table));
          },
          [](auto&) {},
      },
      action);
}

}  // namespace foretide::coordinator
