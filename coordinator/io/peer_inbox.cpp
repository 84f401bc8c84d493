#include "coordinator/io/peer_inbox.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "common/wire/codec.hpp"

namespace foretide::coordinator {
namespace {

// What an agent's message is to the core; nothing for what an agent may not say.
std::optional<Happening> agent_happening(const StoredPeer& peer, wire::Message& message,
                                         const std::string& peer_address) {
  const NodeId node{peer.name};
  const std::string& session = message.envelope.session;
  if (auto* hello = std::get_if<wire::Hello>(&message.body)) {
    if (hello->role != wire::Role::kAgent) return std::nullopt;
    return NodeHello{node, session, std::move(*hello), peer_address};
  }
  if (auto* report = std::get_if<wire::NodeReport>(&message.body))
    return NodeReported{node, session, std::move(*report)};
  if (auto* sample = std::get_if<wire::NodeSample>(&message.body))
    return NodeSampled{node, std::move(*sample)};
  return std::nullopt;
}

std::optional<Happening> balancer_happening(const StoredPeer& peer, wire::Message& message,
                                            const std::string& peer_address) {
  const BalancerId balancer{peer.name};
  const std::string& session = message.envelope.session;
  if (auto* hello = std::get_if<wire::Hello>(&message.body)) {
    if (hello->role != wire::Role::kBalancer) return std::nullopt;
    hello->address = peer_address;  // where it is, whatever it says
    return BalancerHello{balancer, session, std::move(*hello)};
  }
  if (auto* ack = std::get_if<wire::TableAck>(&message.body))
    return TableAcked{balancer, session, std::move(*ack)};
  if (auto* report = std::get_if<wire::TrafficReport>(&message.body))
    return TrafficReported{balancer, session, std::move(*report)};
  return std::nullopt;
}

// Of what cannot be read: whether all that is wrong is a number of those that are measured.
bool is_of_a_number(const std::string& fault) {
  const auto names = [&](const char* report) { return fault.find(report) != std::string::npos; };
  return (names(": TrafficReport ") || names(": NodeSample ") || names(": Hello ")) &&
         (fault.ends_with(wire::kNotFinite) || fault.ends_with(wire::kNegative));
}

std::string absurdity_of(TrafficCheck& check, const wire::Body& body) {
  if (const auto* sample = std::get_if<wire::NodeSample>(&body)) return absurdity_in(*sample);
  if (const auto* hello = std::get_if<wire::Hello>(&body)) {
    const std::string absurdity = absurdity_in(*hello);
    return absurdity.empty() ? absurdity : "Hello." + absurdity;
  }
  const auto* traffic = std::get_if<wire::TrafficReport>(&body);
  return traffic ? check.absurdity_in(*traffic) : std::string();
}

}  // namespace

Meaning PeerInbox::hear(const Enrolment& enrolment, const Arrival& arrival, Instant now) {
  ++counts_.received;
  const StoredPeer* known = enrolment.peer(arrival.peer_key);
  if (!known && !enrolment.is_token(arrival.peer_key)) {
    ++counts_.ignored;  // its key was revoked while the message was under way
    return Dropped{};
  }
  Peer& peer = peers_[arrival.peer_key];
  if (now < peer.ignored_until) {
    ++counts_.ignored;
    return Dropped{};
  }
  const std::string who = known ? known->name : "the bearer of a join token";
  auto message = wire::decode(arrival.bytes);
  if (!message) {
    if (known && is_of_a_number(message.error())) return refuse(peer, *known, message.error(), now);
    ++counts_.undecodable;
    return strike(peer, who, "sent a message that cannot be read: " + message.error(), now);
  }
  if (!known) {
    TokenSpoke spoke{arrival.peer_key, arrival.connection, std::nullopt};
    if (auto* enrol = std::get_if<wire::Enrol>(&message->body)) spoke.enrol = std::move(*enrol);
    return spoke;
  }

  const std::string& name = message->envelope.session;
  if (name.empty() || name.size() > 128) {
    ++counts_.misplaced;
    return strike(peer, who, "sent a message without a session", now);
  }
  if (!arrival.peer_address.empty()) peer.address = arrival.peer_address;
  Session& session = session_of(peer, name);
  if (arrival.lane == Lane::kControl) session.connection = arrival.connection;
  if (const auto* traffic = std::get_if<wire::TrafficReport>(&message->body)) {
    if (traffic->at_ms < session.traffic_at_ms) {
      ++counts_.stale;
      return Dropped{};
    }
  }
  const std::string absurdity = absurdity_of(session.check, message->body);
  if (!absurdity.empty()) return refuse(peer, *known, absurdity, now);
  if (const auto* traffic = std::get_if<wire::TrafficReport>(&message->body)) {
    session.traffic_at_ms = traffic->at_ms;
  }
  auto happening = known->role == wire::Role::kAgent
                       ? agent_happening(*known, *message, peer.address)
                       : balancer_happening(*known, *message, peer.address);
  if (happening) return std::move(*happening);
  ++counts_.misplaced;
  return strike(peer, who, "sent a message that its role may not send", now);
}

Dropped PeerInbox::refuse(Peer& peer, const StoredPeer& who, const std::string& fault,
                          Instant now) {
  RefusedReports& refused =
      who.role == wire::Role::kAgent ? counts_.of_agents : counts_.of_balancers;
  ++(fault.ends_with(wire::kNotFinite)  ? refused.not_finite
     : fault.ends_with(wire::kNegative) ? refused.negative
                                        : refused.absurd);
  if (peer.refusal_told && now - *peer.refusal_told < kRefusalToldEvery) return {};
  peer.refusal_told = now;
  return {who.name + " sent a report that cannot be true, and nothing of it is used: " + fault +
          " (told once a minute; foretide_reports_refused_total counts them)"};
}

Dropped PeerInbox::strike(Peer& peer, const std::string& who, std::string reason, Instant now) {
  peer.strikes.push_back(now);
  while (now - peer.strikes.front() >= kStrikeLife) peer.strikes.pop_front();
  if (peer.strikes.size() < kStrikesMax) return {who + " " + std::move(reason)};
  peer.strikes.clear();
  peer.ignored_until = now + kIgnoredFor;
  return {who + " " + std::move(reason) +
          "; that is the tenth within a minute: not listening to it for a minute"};
}

PeerInbox::Session& PeerInbox::session_of(Peer& peer, const std::string& name) {
  auto found = std::find_if(peer.sessions.begin(), peer.sessions.end(),
                            [&](const Session& session) { return session.name == name; });
  if (found != peer.sessions.end()) return *found;
  peer.sessions.push_front({name, 0, 0});
  if (peer.sessions.size() > kSessionsMax) peer.sessions.pop_back();
  return peer.sessions.front();
}

std::optional<std::uint64_t> PeerInbox::connection_of(const std::string& key,
                                                      const std::string& session) const {
  const auto peer = peers_.find(key);
  if (peer == peers_.end()) return std::nullopt;
  for (const Session& known : peer->second.sessions) {
    if (known.name == session && known.connection != 0) return known.connection;
  }
  return std::nullopt;
}

std::string PeerInbox::address_of(const std::string& key) const {
  const auto peer = peers_.find(key);
  return peer == peers_.end() ? std::string() : peer->second.address;
}

}  // namespace foretide::coordinator
