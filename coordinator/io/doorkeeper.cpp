#include "coordinator/io/doorkeeper.hpp"

#include <utility>
#include <variant>

namespace foretide::coordinator {
namespace {

constexpr auto kAgent = wire::Role::kAgent, kBalancer = wire::Role::kBalancer;

}  // namespace

Doorkeeper::Doorkeeper(IsHere is_here, Refuse refuse)
    : is_here_(std::move(is_here)), refuse_(std::move(refuse)) {}

bool Doorkeeper::lets_in(const State& state, const Happening& happening, Instant now) {
  if (const auto* it = std::get_if<NodeHello>(&happening))
    return judge(kAgent, it->node.text, it->session,
                 unreachable_because(state, *it, now, is_here_));
  if (const auto* it = std::get_if<BalancerHello>(&happening))
    return judge(kBalancer, it->balancer.text, it->session,
                 unreachable_because(state, *it, now, is_here_));
  if (const auto* it = std::get_if<NodeReported>(&happening))
    return !is_turned_away(kAgent, it->node.text, it->session);
  if (const auto* it = std::get_if<TableAcked>(&happening))
    return !is_turned_away(kBalancer, it->balancer.text, it->session);
  if (const auto* it = std::get_if<TrafficReported>(&happening))
    return !is_turned_away(kBalancer, it->balancer.text, it->session);
  return true;
}

bool Doorkeeper::judge(wire::Role role, const std::string& name, const std::string& session,
                       const std::optional<std::string>& objection) {
  if (!objection) {
    turned_away_.erase({role, name});
    return true;
  }
  turned_away_[{role, name}] = session;
  refuse_(role, name, session, *objection);
  return false;
}

bool Doorkeeper::is_turned_away(wire::Role role, const std::string& name,
                                const std::string& session) const {
  const auto found = turned_away_.find({role, name});
  return found != turned_away_.end() && found->second == session;
}

}  // namespace foretide::coordinator
