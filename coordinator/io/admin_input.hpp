// Reads what callers of the admin API send: paths, numbers and bodies, each with a sentence for
// what is wrong with it.
#pragma once

#include <cstdint>
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

// The whole text as a finite number.
std::optional<double> number_in(std::string_view text);

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
