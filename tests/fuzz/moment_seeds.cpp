#include "tests/fuzz/moment_seeds.hpp"

#include <chrono>

#include "coordinator/core/moment_codec.hpp"

namespace foretide {
namespace {

using namespace coordinator;
using namespace std::chrono_literals;

SignalSeen signal(const std::string& name) {
  SignalSeen seen;
  seen.now = {.name = name, .value = 0.28, .limit = 0.3, .missing = {}, .words = "280 ms of 300"};
  seen.since_rise = seen.now;
  seen.largest = 12.0;
  seen.word = Opinion{"queue", 3, "31 items wait"};
  return seen;
}

Moment plain(int second) {
  Moment moment;
  moment.closed = {{second, 2.5}};
  moment.situation.now = Instant(1s * second);
  moment.situation.demand = {.load = 2.5, .latest = 2.5, .largest = 4.0, .known_seconds = 60.0};
  moment.verdict = {1, 1, "stable", 7};
  return moment;
}

Moment first() {
  Moment moment = plain(0);
  moment.settings = ScaleSettings{};
  moment.decided = Decided{};
  moment.decided->desired = 2;
  moment.decided->last_up = Instant(5s);
  moment.decided->rises = {{"latency_p95", {Instant(7s), 2}}};
  moment.decided->reversals =
      Reversals({.way = Reversals::Way::kUp, .turned_at = 2, .turns = {Instant(1s), Instant(9s)}});
  return moment;
}

Moment full() {
  Moment moment = plain(2);
  moment.situation.signals = {signal("latency_p95"), signal("queue")};
  moment.situation.silence = 3s;
  moment.situation.starts_stopped = "release 3 does not come up";
  moment.situation.manual = 4;
  moment.situation.paused = PauseDirection::kDown;
  moment.situation.asked = Opinion{"asked", 2, "asked for 30 s ahead"};
  return moment;
}

Moment making() {
  Moment moment = plain(3);
  moment.making = PredictionMaking{.number = 1, .needs = {}, .past = {}, .prices = PricesLearned{}};
  moment.making->past.minutes = {1.0F, std::nullopt, 2.0F};
  moment.making->past.steps = {2.5F, std::nullopt};
  moment.stand.growing = 1;
  return moment;
}

// "As before" costs a bit of a long word.
std::vector<Moment> wordy(int times) {
  std::vector<Moment> moments;
  for (int i = 0; i < times; ++i) {
    moments.push_back(plain(i));
    moments.back().situation.starts_stopped = std::string(1500, 'x');
    moments.back().situation.scheduled.reason = std::string(1500, 'y');
  }
  return moments;
}

std::string chunk(const std::vector<Moment>& moments) {
  MomentWriter writer{Decided{}};
  for (const Moment& moment : moments) writer.add(moment);
  return writer.bytes();
}

}  // namespace

std::vector<std::string> moment_seeds() {
  return {chunk({}),
          chunk({plain(0), plain(1), plain(2)}),
          chunk({first(), plain(1)}),
          chunk({plain(1), full(), full()}),
          chunk({making(), plain(4)}),
          chunk({first(), plain(1), full(), making(), plain(4)}),
          chunk(wordy(4)),
          chunk(wordy(12))};
}

}  // namespace foretide
