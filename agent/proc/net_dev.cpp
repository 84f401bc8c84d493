#include "agent/proc/net_dev.hpp"

#include <algorithm>
#include <array>

#include "agent/proc/text.hpp"

namespace foretide::agent {
namespace {

bool counts(std::string_view interface) {
  constexpr std::array<std::string_view, 6> kInner = {"veth",  "docker", "br-",
                                                      "virbr", "cni",    "cali"};
  return interface != "lo" &&
         std::none_of(kInner.begin(), kInner.end(),
                      [&](std::string_view prefix) { return interface.starts_with(prefix); });
}

}  // namespace

Result<NetworkBytes> parse_net_dev(std::string_view bytes) {
  constexpr int kColumnsBetween = 7;  // packets errs drop fifo frame compressed multicast
  NetworkBytes sum;
  for (int heading = 0; heading < 2; ++heading) {
    const std::string_view line = take_line(bytes);
    if (line.find('|') == std::string_view::npos)
      return bad_line("net/dev", line, "two heading lines");
  }
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    const std::size_t colon = line.rfind(':');  // an alias may hold a colon itself
    if (colon == std::string_view::npos)
      return bad_line("net/dev", line, "an interface and a colon");
    std::string_view name = line.substr(0, colon);
    name = take_word(name);
    std::string_view rest = line.substr(colon + 1);
    const auto received = take_number<std::uint64_t>(rest);
    for (int column = 0; column < kColumnsBetween; ++column) take_word(rest);
    const auto sent = take_number<std::uint64_t>(rest);
    if (!received || !sent) return bad_line("net/dev", line, "sixteen counts");
    if (!counts(name)) continue;
    sum.received += *received;
    sum.sent += *sent;
  }
  return sum;
}

}  // namespace foretide::agent
