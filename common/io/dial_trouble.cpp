#include "common/io/dial_trouble.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace foretide {
namespace {

constexpr int kPatience_ms = 250;

std::string words_for(int error) {
  switch (error) {
    case 0:
      return "the connection could not be kept";
    case ECONNREFUSED:
      return "connection refused, nothing listens there";
    case ENETUNREACH:
      return "the network is unreachable";
    case EHOSTUNREACH:
      return "the host is unreachable";
    case ETIMEDOUT:
      return "no answer";
    default:
      return "it cannot be reached (error " + std::to_string(error) + ")";
  }
}

int error_of_dialling(const addrinfo& to) {
  const int fd = ::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int error = ::connect(fd, to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    socklen_t size = sizeof error;
    if (::poll(&wait, 1, kPatience_ms) <= 0) {
      error = ETIMEDOUT;
    } else {
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  ::close(fd);
  return error;
}

}  // namespace

std::string dial_trouble(const Address& address) {
  const std::string at = "cannot reach " + address.text() + ": ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) {
    return at + "the name is unknown, or nothing answers there";
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  return at + words_for(error_of_dialling(*found));
}

}  // namespace foretide
