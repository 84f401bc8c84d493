// Keeps out whom the core need not hear: a newcomer whose workers others could not reach (see
// reachability.hpp), and whatever else the session says that was turned away. It is told why, each
// time it says Hello, and is let in as soon as the reason is gone.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/io/peer_inbox.hpp"
#include "coordinator/io/reachability.hpp"

namespace foretide::coordinator {

class Doorkeeper {
 public:
  using Refuse = std::function<void(wire::Role role, const std::string& name,
                                    const std::string& session, const std::string& reason)>;

  Doorkeeper(IsHere is_here, Refuse refuse);

  bool lets_in(const State& state, const Happening& happening, Instant now);

 private:
  bool judge(wire::Role role, const std::string& name, const std::string& session,
             const std::optional<std::string>& objection);
  bool is_turned_away(wire::Role role, const std::string& name, const std::string& session) const;

  IsHere is_here_;
  Refuse refuse_;
  // The session of each that was turned away; as many as there are enrolled keys at most.
  std::map<std::pair<wire::Role, std::string>, std::string> turned_away_;
};

}  // namespace foretide::coordinator
