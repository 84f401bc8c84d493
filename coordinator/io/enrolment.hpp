// Who may connect: the keys of nodes and balancers, and the one-time keys of join tokens.
//
// A token is good for one enrolment of one role, for an hour. Its public key is let in by the
// handshake so that its bearer can say Enrol and hear the answer; it can do nothing else. Spending
// the token and storing the new key are one transaction, and only then is the joiner told. A spent
// or expired token's key stays known for ten minutes more, only so that the refusal can be said in
// words; after that, as for any stranger, the handshake fails. Saying the same Enrol again (its
// answer was lost) gives the same answer. A name that is taken gets a number ("node-a-2"): the
// former bearer may be alive.
//
// At most 256 tokens are open at once. Expiry is judged by this host's wall clock alone.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/io/store_sqlite.hpp"

namespace foretide::coordinator {

class Enrolment {
 public:
  static constexpr std::chrono::seconds kTokenLife{3600};
  static constexpr std::chrono::seconds kRefusalTold{600};
  static constexpr std::size_t kOpenTokensMax = 256;

  // Reads what the store holds; the store outlives this.
  static Result<Enrolment> load(Store& store);

  // Nothing for a key that is unknown or was revoked.
  const StoredPeer* peer(const std::string& public_key) const;
  const StoredPeer* named(wire::Role role, const std::string& name) const;
  bool is_token(const std::string& public_key) const { return tokens_.contains(public_key); }

  // Every key that the handshake lets in.
  std::vector<std::string> allowed() const;

  std::vector<BalancerId> balancers() const;

  // Why no token can be had now for this name; empty when one can.
  std::string no_token_for(const std::string& name, WallTime now) const;
  // Makes the one-time public key good for one enrolment. An empty name leaves it to the joiner.
  Outcome issue(const std::string& token_key, wire::Role role, const std::string& name,
                WallTime now);

  // The answer to an Enrol that came under `token_key`: the stored peer, or why not.
  std::variant<StoredPeer, wire::Refusal> enrol(const std::string& token_key,
                                                const wire::Enrol& asked, WallTime now);
  // What one hears who says anything else under a token's key.
  wire::Refusal refusal_for(const std::string& token_key, WallTime now) const;

  Outcome revoke(wire::Role role, const std::string& name);

  // Forgets tokens whose refusal need not be told any more; true when `allowed` changed.
  bool forget_old(WallTime now);

 private:
  explicit Enrolment(Store& store) : store_(&store) {}
  std::string free_name(wire::Role role, const std::string& wanted) const;
  Store* store_;
  std::map<std::string, StoredPeer> peers_;    // by public key
  std::map<std::string, StoredToken> tokens_;  // by public key
};

// A name is 1 to 63 of a-z A-Z 0-9 . _ - and begins with a letter or a digit.
bool is_name(const std::string& text);

}  // namespace foretide::coordinator
