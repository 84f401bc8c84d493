#include "balancer/io/service_notice.hpp"

#include <cstddef>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "common/io/descriptor.hpp"

namespace foretide::balancer {

ServiceNotice ServiceNotice::from_environment() {
  const char* const socket = std::getenv("NOTIFY_SOCKET");
  return ServiceNotice(socket == nullptr ? "" : socket);
}

void ServiceNotice::reloading(Instant now) const {
  const auto age = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(age.count()));
}

void ServiceNotice::send(std::string_view text) const {
  sockaddr_un to{};
  const bool is_socket = socket_.starts_with('/') || socket_.starts_with('@');
  if (!is_socket || socket_.size() < 2 || socket_.size() >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  socket_.copy(to.sun_path, socket_.size());
  if (socket_.front() == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A notice that is lost may be missed for ever, but no service manager may hold us up.
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  [[maybe_unused]] const auto sent = ::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL,
                                              reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace foretide::balancer
