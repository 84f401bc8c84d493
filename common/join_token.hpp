// What an operator pastes on a new host: `ft1.a.<coordinator's public key>.<one-time secret key>`,
// the keys as base64url of their 32 bytes; `a` is for an agent, `b` for a balancer. It says whom to
// trust and proves the right to enrol, once, for one role; it is worthless afterwards. The secret
// is an ordinary CURVE key, so no socket ever has to accept a stranger.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/wire/messages.hpp"

namespace foretide {

struct JoinToken {
  wire::Role role = wire::Role::kAgent;
  std::string coordinator_key;  // public, Z85
  std::string secret_key;       // one-time, Z85
  friend bool operator==(const JoinToken&, const JoinToken&) = default;
};

std::string join_token_text(const JoinToken& token);

// Says which part is wrong, never what it holds: errors end up in logs, and the token is a secret.
Result<JoinToken> parse_join_token(std::string_view text);

}  // namespace foretide
