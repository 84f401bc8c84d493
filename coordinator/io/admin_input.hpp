// Reads what callers of the admin API send: paths, numbers and bodies, each with a sentence for
// what is wrong with it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/io/admin_server.hpp"
#include "common/result.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/pause.hpp"

namespace foretide::coordinator {

// Fits "/v1/services/{name}/scale" to a path; `name` receives what stands for {name}.
bool fits(std::string_view pattern, std::string_view path, std::string& name);

// limit=20, before=2026-11-28T14:05:30Z or after=…
struct CountLimits {
  std::uint32_t otherwise = 0, most = 0;
};
struct DecisionsAsked {
  std::uint32_t limit = 0;
  WallTime until = WallTime::max();
  std::optional<WallTime> after;
};
Result<DecisionsAsked> decisions_in(const std::map<std::string, std::string>& query,
                                    CountLimits limits);

// {"count": 3, "for": "10m"}, {"count": null}
struct ScaleAsked {
  std::optional<std::uint32_t> count;
  Duration expires_after{};
};
Result<ScaleAsked> scale_in(const std::string& body);

// {"direction": "down", "for": "2h"}, or the same as fields of a form; both may be left out
struct PauseAsked {
  PauseDirection direction = PauseDirection::kBoth;
  Duration expires_after{};
};
Result<PauseAsked> pause_in(const AdminRequest& request);

// {"draining": false}, or nothing at all for true
Result<bool> drain_in(const std::string& body);

// {"role": "agent", "name": "node-a"}, the name optional
struct TokenAsked {
  wire::Role role = wire::Role::kAgent;
  std::string name;
};
Result<TokenAsked> token_in(const std::string& body);

}  // namespace foretide::coordinator
