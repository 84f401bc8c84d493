// A network worse than any that ZeroMQ would show: between any two programs messages are late,
// lost, doubled and overtake one another, and a direction may be cut.
//
// What stays true of TCP: a message is meant for one life of its receiver and never reaches the
// next one. What was sent by a former life of the sender may still arrive. A share of the messages
// goes through the codec, so that what arrives is what the bytes said.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/messages.hpp"
#include "tests/simulation/event_queue.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/program.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/verdict.hpp"

namespace foretide::simulation {

using Peer = std::size_t;

struct Weather {
  double delay_min = 0.0005, delay_max = 0.005;  // seconds
  double loss = 0.0, telemetry_loss = 0.0;
  double doubling = 0.0;
  double straying = 0.0;      // share of messages that take a long way round
  double straying_max = 5.0;  // seconds
};

enum class Lane { kControl, kTelemetry };

struct Arrived {
  Peer from = 0;
  unsigned sender_life = 0;  // stands for the connection that it came by
  const wire::Message& message;
};

class Network {
 public:
  using Receive = std::function<void(const Arrived&)>;

  Network(EventQueue& queue, History& history, Verdict& verdict, Random random, double codec_share)
      : queue_(queue),
        history_(history),
        verdict_(verdict),
        random_(random),
        codec_share_(codec_share) {}

  Peer join(Program& program, Receive receive);
  Program& program(Peer peer) { return *sites_[peer].program; }
  void set_weather(const Weather& weather) { weather_ = weather; }

  // To the receiver's present life.
  void send(Peer from, Peer to, Lane lane, wire::Message message);
  // To one life of it; nothing arrives if that one is over.
  void send(Peer from, Peer to, unsigned life, Lane lane, wire::Message message);

  void cut(Peer from, Peer to) { cut_.emplace(from, to); }
  void mend(Peer from, Peer to) { cut_.erase({from, to}); }
  void mend_all() { cut_.clear(); }
  bool is_cut(Peer from, Peer to) const { return cut_.contains({from, to}); }

 private:
  struct Site {
    Program* program;
    Receive receive;
  };
  void deliver_later(Peer from, Peer to, unsigned life,
                     std::shared_ptr<const wire::Message> message);
  void check_codec(wire::Message& message);

  EventQueue& queue_;
  History& history_;
  Verdict& verdict_;
  Random random_;
  double codec_share_;
  Weather weather_;
  std::vector<Site> sites_;
  std::set<std::pair<Peer, Peer>> cut_;
};

}  // namespace foretide::simulation
