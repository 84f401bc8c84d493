// Listening sockets that were open when the program began, as descriptors from 3 on: from a service
// manager (socket activation) or from the balancer that this one replaces. Both say so in
// LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES (sd_listen_fds(3)); a predecessor tells in
// FORETIDE_HANDED_SOCKETS besides which settings they were opened for (core/handed_sockets).
//
// Whoever is about to listen on an address asks here first (take()). A socket fits by the settings'
// text, where a predecessor told it, or by what it is bound to: family, address and port, or path.
// What nobody asked for is a mistake when a service manager gave it, for its clients would
// wait for ever; a predecessor's is an address that the new settings do not have any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balancer/io/listening_sockets.hpp"
#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

class InheritedSockets {
 public:
  InheritedSockets() = default;  // none
  // Takes over the descriptors and clears the variables, so that no child is confused by them. Call
  // it before there are threads.
  static Result<InheritedSockets> from_environment();

  // Nothing when there is none for it.
  std::optional<ListeningSockets> take(const Address& address);
  // After all have asked: closes what is left; an Error where that is a mistake.
  Outcome close_rest();

 private:
  struct Group {
    std::string configured;  // by a predecessor; empty: not told
    std::string name;        // by a service manager
    Address bound;
    std::vector<Descriptor> sockets;
    HandedSockets::File file = HandedSockets::File::kGiven;
  };
  enum class From : std::uint8_t { kServiceManager, kPredecessor };

  void add_given(Descriptor socket, std::string name);
  Outcome add_predecessors(std::vector<Descriptor> sockets, const std::string& told);

  From from_ = From::kServiceManager;
  std::vector<Group> groups_;
};

}  // namespace foretide::balancer
