#include "coordinator/io/peer_gateway.hpp"

#include <cstdio>
#include <random>
#include <type_traits>
#include <utility>

#include "common/io/clock.hpp"
#include "common/io/log.hpp"
#include "common/wire/codec.hpp"

namespace foretide::coordinator {
namespace {

constexpr Duration kComplaintEvery = std::chrono::seconds(10);
constexpr std::size_t kComplaintsKept = 1024;

}  // namespace

std::string make_session() {
  std::random_device device;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", device(), device());
  return text;
}

PeerGateway::PeerGateway(Enrolment& enrolment, OnHappening on_happening)
    : enrolment_(enrolment), on_happening_(std::move(on_happening)), session_(make_session()) {}

Result<std::unique_ptr<PeerGateway>> PeerGateway::open(boost::asio::io_context& owner,
                                                       Settings settings, Enrolment& enrolment,
                                                       OnHappening on_happening) {
  std::unique_ptr<PeerGateway> gateway(new PeerGateway(enrolment, std::move(on_happening)));
  auto server =
      ZmqServer::bind(owner, {settings.control, settings.telemetry, settings.keys},
                      [it = gateway.get()](Arrival arrival) { it->hear(std::move(arrival)); });
  if (!server) return Error{server.error()};
  gateway->server_ = std::move(*server);
  gateway->admit(wall_now());
  return gateway;
}

void PeerGateway::admit(WallTime wall) {
  enrolment_.forget_old(wall);
  server_->allow(enrolment_.allowed());
}

void PeerGateway::send(wire::Role role, const std::string& name, const std::string& session,
                       Stamp stamp, wire::Body body) {
  const StoredPeer* peer = enrolment_.named(role, name);
  if (!peer) return;
  const auto connection = inbox_.connection_of(peer->public_key, session);
  if (!connection) return;
  server_->send(peer->public_key, *connection, encoded(stamp, std::move(body)));
}

std::string PeerGateway::encoded(Stamp stamp, wire::Body body) {
  wire::Message message;
  message.envelope = {stamp.epoch, stamp.revision, session_, ++sequence_,
                      wall_now().time_since_epoch().count()};
  message.body = std::move(body);
  return wire::encode(message);
}

void PeerGateway::hear(Arrival arrival) {
  const Instant now = monotonic_now();
  Meaning meaning = inbox_.hear(enrolment_, arrival, now);
  if (auto* happening = std::get_if<Happening>(&meaning))
    return on_happening_(std::move(*happening));
  if (const auto* spoke = std::get_if<TokenSpoke>(&meaning)) return answer(*spoke);
  const auto& dropped = std::get<Dropped>(meaning);
  if (!dropped.reason.empty()) complain(arrival.peer_key, dropped.reason, now);
}

void PeerGateway::answer(const TokenSpoke& spoke) {
  const WallTime wall = wall_now();
  wire::Body reply = enrolment_.refusal_for(spoke.token_key, wall);
  if (spoke.enrol) {
    auto outcome = enrolment_.enrol(spoke.token_key, *spoke.enrol, wall);
    if (const auto* peer = std::get_if<StoredPeer>(&outcome)) {
      admit(wall);  // before the joiner hears that it may come
      reply = enrolled_for(*peer);
      spdlog::info("{} {} may connect from now on (join token)",
                   peer->role == wire::Role::kAgent ? "agent" : "balancer", peer->name);
    } else {
      reply = std::get<wire::Refusal>(std::move(outcome));
    }
  }
  if (const auto* refusal = std::get_if<wire::Refusal>(&reply))
    complain(spoke.token_key, "refused an enrolment: " + refusal->reason, monotonic_now());
  server_->send(spoke.token_key, spoke.connection, encoded({}, std::move(reply)));
}

wire::Enrolled PeerGateway::enrolled_for(const StoredPeer& peer) const {
  wire::Enrolled enrolled{peer.name, bound(Lane::kControl), bound(Lane::kTelemetry)};
  // Telemetry on an interface of its own is told by address; else it is where control was dialled.
  const bool apart =
      !enrolled.telemetry.is_wildcard() && enrolled.telemetry.host != enrolled.control.host;
  enrolled.control.host.clear();
  if (!apart) enrolled.telemetry.host.clear();
  return enrolled;
}

void PeerGateway::complain(const std::string& key, const std::string& text, Instant now) {
  const auto found = complained_.find(key);
  if (found != complained_.end() && now - found->second < kComplaintEvery) return;
  if (complained_.size() >= kComplaintsKept) complained_.clear();
  complained_[key] = now;
  spdlog::warn("{}", text);
}

}  // namespace foretide::coordinator
