// Where requests whose bodies began alike went.
//
// A model's server keeps what it made of a prompt's beginning; the next prompt that begins so is
// answered sooner there, by as much as the common part is long. A conversation sends all of itself
// again with each turn. So of every body the first 256, 512, 1024 ... bytes are remembered, each as
// a number and with the endpoint that got it, and a request goes where the longest beginning that
// it has in common with an earlier one went. Example: of a 3 KiB body the first 2048 bytes are
// known: the conversation of before; of another user's first question only the 512 that everybody's
// begins with.
//
// 16,384 beginnings are remembered, by a thread and for a service (384 KiB); a newer one takes the
// place of an older one now and then. What it says is a hint: the endpoint may be gone or too busy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace foretide::balancer {

// The beginnings of a body, as numbers.
struct Prefix {
  static constexpr std::size_t kLengths = 8, kShortest = 256;  // 256 bytes to 32 KiB

  std::array<std::uint64_t, kLengths> hashes{};
  std::size_t count = 0;
};
// `body` is what is known of it. Shorter than 256 bytes has no beginning worth remembering.
Prefix prefix_of(std::string_view body);

class PrefixMemory {
 public:
  // The endpoint's number that was told with the longest of its beginnings.
  std::optional<std::uint32_t> find(const Prefix& prefix) const;
  void remember(const Prefix& prefix, std::uint32_t endpoint);

 private:
  struct Known {
    std::uint64_t hash = 0;
    std::uint32_t endpoint = 0;
  };
  static constexpr std::size_t kKnown = 16'384;

  std::vector<Known> known_;  // by the hash's lowest bits; empty until something is remembered
};

}  // namespace foretide::balancer
