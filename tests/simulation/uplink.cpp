#include "tests/simulation/uplink.hpp"

#include <utility>

namespace foretide::simulation {

void Uplink::begin(std::uint64_t epoch) {
  session_ = program_.name() + "/" + std::to_string(program_.life());
  sequence_ = 0;
  epoch_ = epoch;
  welcomed_ = false;
  heard_at_ = program_.now();
  introduce_();
}

void Uplink::send(Lane lane, wire::Body body) {
  wire::Envelope envelope{
      .epoch = epoch_, .revision = 0, .session = session_, .sequence = ++sequence_};
  ground_.network.send(self_, coordinator_, lane, {std::move(envelope), std::move(body)});
}

void Uplink::heard(std::uint64_t epoch, const wire::Welcome* welcome) {
  heard_at_ = program_.now();
  if (welcome != nullptr) welcomed_ = !welcome->introduce;
  if (epoch <= epoch_) return;
  epoch_ = epoch;
  introduce_();
}

void Uplink::tick() {
  constexpr Duration kSilence = std::chrono::seconds(5);
  if (!welcomed_ || program_.now() - heard_at_ >= kSilence) introduce_();
}

}  // namespace foretide::simulation
