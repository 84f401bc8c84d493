// Whether a report can be true. A codec lets through every number that is one; here those are held
// back that no host and no balancer can have measured: a process on 200,000 cores, a petabyte of
// memory, requests that were served longer than there was time. One such number in a sum would
// spoil every forecast made from it.
//
// The bounds are far from anything honest, so what is refused is broken and not merely large. A
// report is taken as a whole or not at all: where one field is absurd, none of the others is to be
// trusted. Time that requests spent in service is bounded by what there was to serve: whatever was
// in service, waiting or came between two reports, all of that time. 10 requests cannot be busy for
// more than 20 s in 2 s. Counters that run backwards are taken for a standstill where they are read
// (traffic.hpp), and are no fault here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "common/ids.hpp"
#include "common/wire/messages.hpp"

namespace foretide::coordinator {

// What is absurd and where: "workers[web-1-1].cpu_cores is 200000, which is not between 0 and
// 100000". Empty: nothing.
std::string absurdity_in(const wire::NodeSample& sample);
// Of a host: more of it than there is, and every worker would be placed there.
std::string absurdity_in(const wire::Hello& hello);

// Of what a queue was said to hold: "its length is -3, which is not between 0 and 1e+09". NaN and
// infinities, which text can say, are none either.
std::string absurdity_in_queue(double items);

// Of one balancer's session. A counter that leaps is refused until the session ends, for nobody can
// tell how much of what it counts from then on was there.
class TrafficCheck {
 public:
  // What is plausible is what the next report is compared with.
  std::string absurdity_in(const wire::TrafficReport& report);

  // A service as it was last plausible.
  struct Mark {
    std::uint64_t at_ms = 0, arrivals = 0, ended = 0;
    double busy_seconds = 0.0, held_seconds = 0.0;
    double at_hand = 0.0;  // requests in service or held
  };

 private:
  static constexpr std::size_t kMarksMost = 8192;  // twice what one report may hold
  void remember(const wire::TrafficReport& report);

  std::map<ServiceId, Mark> marks_;
};

}  // namespace foretide::coordinator
