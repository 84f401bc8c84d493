// A number for a text, the same in every thread, balancer and version: what is hashed by it decides
// to which worker a client goes. Not for secrets: whoever chooses the text can choose the number.
//
// Eight bytes at a time, as in MurmurHash64A (Austin Appleby, public domain); about half a
// nanosecond a byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace foretide::balancer {

inline std::uint64_t key_hash(std::string_view text, std::uint64_t seed = 0) {
  constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995;
  const auto mixed = [](std::uint64_t word) {
    word *= kFactor;
    word ^= word >> 47;
    return word * kFactor;
  };
  std::uint64_t hash = seed ^ (text.size() * kFactor);
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint64_t word = 0;  // byte by byte, so that every machine reads the same
    for (std::size_t i = at; i < text.size() && i < at + 8; ++i) {
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * (i - at));
    }
    hash = (hash ^ mixed(word)) * kFactor;
  }
  hash ^= hash >> 47;
  hash *= kFactor;
  return hash ^ (hash >> 47);
}

}  // namespace foretide::balancer
