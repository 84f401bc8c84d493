#include "tests/simulation/network.hpp"

#include "common/wire/codec.hpp"

namespace foretide::simulation {

Peer Network::join(Program& program, Receive receive) {
  sites_.push_back({&program, std::move(receive)});
  return sites_.size() - 1;
}

void Network::send(Peer from, Peer to, Lane lane, wire::Message message) {
  send(from, to, sites_[to].program->life(), lane, std::move(message));
}

void Network::send(Peer from, Peer to, unsigned life, Lane lane, wire::Message message) {
  const double loss = lane == Lane::kTelemetry ? weather_.telemetry_loss : weather_.loss;
  if (is_cut(from, to) || random_.chance(loss)) return;
  if (random_.chance(codec_share_)) check_codec(message);
  const auto shared = std::make_shared<const wire::Message>(std::move(message));
  deliver_later(from, to, life, shared);
  if (random_.chance(weather_.doubling)) deliver_later(from, to, life, shared);
}

void Network::deliver_later(Peer from, Peer to, unsigned life,
                            std::shared_ptr<const wire::Message> message) {
  Duration delay = random_.seconds_between(weather_.delay_min, weather_.delay_max);
  if (random_.chance(weather_.straying))
    delay += random_.seconds_between(0.0, weather_.straying_max);
  const unsigned sender_life = sites_[from].program->life();
  queue_.after(delay, [this, from, to, life, sender_life, message = std::move(message)] {
    Site& site = sites_[to];
    if (!site.program->is_up() || site.program->life() != life) return;
    site.program->soon([this, from, to, sender_life, message] {
      sites_[to].receive({.from = from, .sender_life = sender_life, .message = *message});
    });
  });
}

void Network::check_codec(wire::Message& message) {
  const std::string bytes = wire::encode(message);
  Result<wire::Message> read = wire::decode(bytes);
  if (!read) {
    verdict_.broken("codec", "what was written cannot be read: " + read.error());
  } else if (*read != message) {
    verdict_.broken("codec", "what was read is not what was written (body kind " +
                                 std::to_string(message.body.index()) + ")");
  } else {
    message = std::move(*read);
  }
}

}  // namespace foretide::simulation
