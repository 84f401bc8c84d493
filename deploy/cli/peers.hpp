// What other autoscalers would have asked for along the same demand, so that people can compare on
// their own traffic. Each is written anew after its published rules, with its published defaults;
// what is swept is the one number that its users set, the target.
//
//   hpa          Kubernetes horizontal pod autoscaler v2 on requests: every 15 s; no change within
//                10 % of the target; grows by the larger of 4 and 100 % in 15 s; shrinks to the
//                largest recommendation of the last 300 s
//   kpa          Knative pod autoscaler: means over 60 s and, in panic, 6 s; panic from twice what
//                is ready on, in which nothing shrinks; halves at most at once
//   aws          EC2 target tracking: grows after 3 minutes above the target, shrinks after 15
//                below nine tenths of it
//   seasonal     kpa, and never less than what the time from now to the end of the lead time
//                needed a day and a week ago (the rule of Grafana Mimir's queriers)
//   line         demand = a t + b by least squares over twenty steps, at the end of the lead time
//   static       a number of workers, always
//   clairvoyant  knows the future
//
// The target is the share of a worker's capacity that it should be loaded with, 0.7 as most set it;
// for `static` it is the number of workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace foretide::cli {

struct PeerTrace {
  std::vector<std::optional<double>> demand_workers{};  // of each step
  double step_seconds = 60.0;
  std::int64_t lead_steps = 1;
  std::uint32_t workers_min = 1, workers_max = 400;
};

// What it asks for after each step.
using PeerAlgorithm = std::vector<std::uint32_t> (*)(const PeerTrace& trace, double target);

// None: there is no such one.
PeerAlgorithm peer_named(const std::string& name);
std::vector<std::string> peer_names();

}  // namespace foretide::cli
