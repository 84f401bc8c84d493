#include "coordinator/io/enrolment.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

const char* word(wire::Role role) {
  return role == wire::Role::kAgent ? "agent" : "balancer";
}

constexpr const char* kNewToken = " Make a new one with `foretide token`.";

std::string no_name(const std::string& text) {
  return "'" + text +
         "' is no name: use 1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-', a letter or digit first";
}

wire::Refusal refuse(std::string reason) {
  return {std::move(reason), true};
}

}  // namespace

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 63 && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

Result<Enrolment> Enrolment::load(Store& store) {
  Enrolment enrolment(store);
  auto peers = store.peers();
  if (!peers) return Error{peers.error()};
  for (StoredPeer& peer : *peers) enrolment.peers_.emplace(peer.public_key, std::move(peer));
  auto tokens = store.tokens();
  if (!tokens) return Error{tokens.error()};
  for (StoredToken& token : *tokens) enrolment.tokens_.emplace(token.public_key, std::move(token));
  return enrolment;
}

const StoredPeer* Enrolment::peer(const std::string& public_key) const {
  const auto found = peers_.find(public_key);
  return found == peers_.end() || found->second.revoked ? nullptr : &found->second;
}

const StoredPeer* Enrolment::named(wire::Role role, const std::string& name) const {
  for (const auto& [key, peer] : peers_) {
    if (peer.role == role && peer.name == name && !peer.revoked) return &peer;
  }
  return nullptr;
}

std::vector<std::string> Enrolment::allowed() const {
  std::vector<std::string> keys;
  for (const auto& [key, peer] : peers_) {
    if (!peer.revoked) keys.push_back(key);
  }
  for (const auto& [key, token] : tokens_) keys.push_back(key);
  return keys;
}

std::vector<BalancerId> Enrolment::balancers() const {
  std::vector<BalancerId> balancers;
  for (const auto& [key, peer] : peers_) {
    if (peer.role == wire::Role::kBalancer && !peer.revoked) balancers.push_back({peer.name});
  }
  return balancers;
}

std::string Enrolment::no_token_for(const std::string& name, WallTime now) const {
  if (!name.empty() && !is_name(name)) return no_name(name);
  const auto open = std::count_if(tokens_.begin(), tokens_.end(), [&](const auto& entry) {
    return !entry.second.spent_at && entry.second.expires_at > now;
  });
  if (static_cast<std::size_t>(open) < kOpenTokensMax) return {};
  return "there are " + std::to_string(open) +
         " unused join tokens already; use them or wait until they expire";
}

Outcome Enrolment::issue(const std::string& token_key, wire::Role role, const std::string& name,
                         WallTime now) {
  if (std::string why = no_token_for(name, now); !why.empty()) return Error{std::move(why)};
  StoredToken token{token_key, role, name, now + kTokenLife, std::nullopt, ""};
  if (Outcome stored = store_->add_token(token); !stored) return stored;
  tokens_.emplace(token_key, std::move(token));
  return Done{};
}

wire::Refusal Enrolment::refusal_for(const std::string& token_key, WallTime now) const {
  const auto found = tokens_.find(token_key);
  if (found == tokens_.end())
    return refuse("this join token is not known here." + std::string(kNewToken));
  if (found->second.spent_at)
    return refuse("this join token was used already." + std::string(kNewToken));
  if (found->second.expires_at <= now)
    return refuse("this join token has expired." + std::string(kNewToken));
  return refuse("a join token's key may only be used to enrol");
}

std::variant<StoredPeer, wire::Refusal> Enrolment::enrol(const std::string& token_key,
                                                         const wire::Enrol& asked, WallTime now) {
  const auto found = tokens_.find(token_key);
  if (found == tokens_.end()) return refusal_for(token_key, now);
  StoredToken& token = found->second;
  if (token.spent_at) {
    const StoredPeer* same = token.spent_by == asked.public_key ? peer(asked.public_key) : nullptr;
    if (same) return *same;
    return refusal_for(token_key, now);
  }
  if (token.expires_at <= now) return refusal_for(token_key, now);
  if (asked.role != token.role)
    return refuse(std::string("this join token is for ") +
                  (token.role == wire::Role::kAgent ? "an " : "a ") + word(token.role) +
                  ", not for " + (asked.role == wire::Role::kAgent ? "an " : "a ") +
                  word(asked.role));
  if (asked.public_key.size() != 40 || tokens_.contains(asked.public_key) ||
      peers_.contains(asked.public_key))
    return refuse("the new key is not usable: it must be a fresh CURVE public key");
  const std::string& wanted = token.name.empty() ? asked.name : token.name;
  if (!is_name(wanted)) return refuse(no_name(wanted));

  StoredPeer peer{asked.public_key, token.role, free_name(token.role, wanted), now, false};
  StoredToken spent = token;
  spent.spent_at = now;
  spent.spent_by = asked.public_key;
  if (Outcome stored = store_->enrol(spent, peer); !stored)
    return wire::Refusal{"the coordinator cannot store the new key now: " + stored.error(), false};
  token = std::move(spent);
  peers_.emplace(peer.public_key, peer);
  return peer;
}

std::string Enrolment::free_name(wire::Role role, const std::string& wanted) const {
  if (!named(role, wanted)) return wanted;
  for (int number = 2;; ++number) {
    const std::string suffix = "-" + std::to_string(number);
    const std::string name = wanted.substr(0, 63 - suffix.size()) + suffix;
    if (!named(role, name)) return name;
  }
}

Outcome Enrolment::revoke(wire::Role role, const std::string& name) {
  const StoredPeer* found = named(role, name);
  if (!found) return Error{std::string("there is no ") + word(role) + " named " + name};
  if (Outcome stored = store_->revoke(found->public_key); !stored) return stored;
  peers_.at(found->public_key).revoked = true;
  return Done{};
}

bool Enrolment::forget_old(WallTime now) {
  const WallTime limit = now - kRefusalTold;
  const auto is_old = [&](const auto& entry) {
    const StoredToken& token = entry.second;
    return token.spent_at ? *token.spent_at <= limit : token.expires_at <= limit;
  };
  if (std::none_of(tokens_.begin(), tokens_.end(), is_old)) return false;
  // What the store keeps longer is read again at the next start and then forgotten again.
  (void)store_->forget_tokens_before(limit);
  std::erase_if(tokens_, is_old);
  return true;
}

}  // namespace foretide::coordinator
