#include "balancer/core/prefix_memory.hpp"

#include "balancer/core/key_hash.hpp"

namespace foretide::balancer {

Prefix prefix_of(std::string_view body) {
  Prefix prefix;
  std::uint64_t hash = 0;
  std::size_t from = 0;
  for (std::size_t length = Prefix::kShortest;
       length <= body.size() && prefix.count < Prefix::kLengths; length *= 2) {
    hash = key_hash(body.substr(from, length - from), hash);  // of the whole, by what was before
    prefix.hashes[prefix.count++] = hash;
    from = length;
  }
  return prefix;
}

std::optional<std::uint32_t> PrefixMemory::find(const Prefix& prefix) const {
  if (known_.empty()) return std::nullopt;
  for (std::size_t i = prefix.count; i > 0; --i) {
    const std::uint64_t hash = prefix.hashes[i - 1];
    const Known& known = known_[hash % kKnown];
    if (known.hash == hash) return known.endpoint;
  }
  return std::nullopt;
}

void PrefixMemory::remember(const Prefix& prefix, std::uint32_t endpoint) {
  if (prefix.count > 0 && known_.empty()) known_.resize(kKnown);
  for (std::size_t i = 0; i < prefix.count; ++i) {
    known_[prefix.hashes[i] % kKnown] = {prefix.hashes[i], endpoint};
  }
}

}  // namespace foretide::balancer
