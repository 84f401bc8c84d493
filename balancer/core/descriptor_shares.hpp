// How the descriptors that a process may have are shared out: to clients, to workers, and to the
// rest of the program, so that none can take what another needs to go on. With 1024 of them and one
// thread: 448 clients, 448 sockets to workers, of which 224 may be idle, 128 for the rest.
//
// The rest is what listens and is polled, probes (64 at once), admin pages, the coordinator, files.
// Where a number of clients is asked for, workers get what is left, but always a quarter: clients
// whose requests go nowhere are of no use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace foretide::balancer {

struct DescriptorShares {
  std::uint32_t connections = 0;     // of clients, a thread
  std::uint32_t worker_sockets = 0;  // of all threads
  std::uint32_t idle_sockets = 0;    // of these, a thread
};

// `connections`: of clients, of all threads, as asked for; 0: an even share, 10,000 a thread at
// most.
inline DescriptorShares descriptor_shares_for(std::uint64_t descriptors, std::uint32_t threads,
                                              std::uint32_t connections) {
  constexpr std::uint64_t kConnectionsMax = 10'000, kForTheProgram = 120, kForAThread = 8;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() / 2;
  const std::uint64_t rest = kForTheProgram + kForAThread * threads;
  const std::uint64_t left = std::min(descriptors - std::min(descriptors, rest), kMost);
  const std::uint64_t of_all = connections > 0
                                   ? std::min<std::uint64_t>(connections, left - left / 4)
                                   : std::min(left / 2, kConnectionsMax * threads);
  const auto clients = std::max<std::uint64_t>(of_all / threads, 1);
  const auto taken = std::min(left, clients * threads);
  const auto sockets = std::max<std::uint64_t>(left - taken, threads);
  return {.connections = static_cast<std::uint32_t>(clients),
          .worker_sockets = static_cast<std::uint32_t>(sockets),
          .idle_sockets =
              static_cast<std::uint32_t>(std::max<std::uint64_t>(sockets / 2 / threads, 1))};
}

}  // namespace foretide::balancer
