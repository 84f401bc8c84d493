// What a balancer tells its successor of the sockets that it hands over: for each address how many
// of the descriptors are its, in order, so that
//
//     2 given 0.0.0.0:8080
//     1 ours unix:/run/foretide/traffic.sock
//
// says that the first two were opened for "0.0.0.0:8080", as the settings had it (a port 0 is not
// told by the socket), and the third for a unix socket whose file the successor is to remove in the
// end. "given" means that there is no file, or that it belongs to who started us.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foretide::balancer {

struct HandedSockets {
  enum class File : std::uint8_t { kGiven, kOurs };

  std::string address;  // as configured, by Address::text()
  std::uint32_t count = 0;
  File file = File::kGiven;
  friend bool operator==(const HandedSockets&, const HandedSockets&) = default;
};

std::string text_for(const std::vector<HandedSockets>& sockets);
// Nothing when it is not of that form.
std::optional<std::vector<HandedSockets>> handed_sockets_in(std::string_view text);

}  // namespace foretide::balancer
