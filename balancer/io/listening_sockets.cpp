#include "balancer/io/listening_sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "balancer/io/resolve.hpp"

namespace foretide::balancer {
namespace {

constexpr int kBacklog = 4096;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  const int code = ::getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &list);
  if (code != 0) {
    return Error{"cannot listen on " + address.text() + ": " + ::gai_strerror(code)};
  }
  return Addresses(list);
}

enum class Port : std::uint8_t { kAlone, kShared };

Result<Descriptor> open_one(const addrinfo& at, const ListeningSockets::Wanted& wanted, Port port) {
  const auto failed = [&] {
    const bool taken = errno == EADDRINUSE;
    return Error{"cannot listen on " + wanted.address.text() + ": " +
                 (taken ? "the address is in use by another program" : std::strerror(errno))};
  };
  Descriptor socket(
      ::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) return failed();
  const int fd = socket.get();
  const int one = 1, v6_only = wanted.families == Families::kV6Only ? 1 : 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  // Inherited by the accepted, which saves a call for each.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (at.ai_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  }
  if (port == Port::kShared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (::bind(fd, at.ai_addr, at.ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) return failed();
  return socket;
}

Result<std::vector<Descriptor>> open_on_tcp(const ListeningSockets::Wanted& wanted) {
  auto addresses = resolve(wanted.address);
  if (!addresses) return Error{addresses.error()};
  std::vector<Descriptor> sockets;
  // Without sharing first: with it alone a second balancer would silently take half of the traffic.
  const addrinfo& preferred = *preferred_in(addresses->get());
  auto first = open_one(preferred, wanted, Port::kAlone);
  if (!first) return Error{first.error()};
  if (wanted.threads == 1) {
    sockets.push_back(std::move(*first));
    return sockets;
  }
  addrinfo at = preferred;
  sockaddr_storage exact{};  // port 0 was given: all share the one that was found
  at.ai_addrlen = sizeof exact;
  ::getsockname(first->get(), reinterpret_cast<sockaddr*>(&exact), &at.ai_addrlen);
  at.ai_addr = reinterpret_cast<sockaddr*>(&exact);
  *first = Descriptor();
  for (std::uint32_t i = 0; i < wanted.threads; ++i) {
    auto socket = open_one(at, wanted, Port::kShared);
    if (!socket) return Error{socket.error()};
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

Address address_in(const sockaddr_storage& storage, socklen_t size) {
  char host[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_UNIX) {
    const auto& at = reinterpret_cast<const sockaddr_un&>(storage);
    const std::size_t room = size - offsetof(sockaddr_un, sun_path);
    return {"unix:" + std::string(at.sun_path, ::strnlen(at.sun_path, room)), 0};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    return {host, ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return {host, ntohs(v4.sin_port)};
}

}  // namespace

Families families_of(const Address& address, const std::vector<Address>& beside) {
  const auto takes_v4 = [&](const Address& other) {
    const bool is_v4 = !other.is_unix() && other.host.find(':') == std::string::npos;
    return is_v4 && other.port == address.port;
  };
  const bool is_taken = std::any_of(beside.begin(), beside.end(), takes_v4);
  return is_taken ? Families::kV6Only : Families::kAll;
}

Address bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return address_in(storage, size);
}

Result<Address> as_bound(const Address& address) {
  if (address.is_unix()) return address;
  auto found = resolve(address);
  if (!found) return Error{found.error()};
  const addrinfo& preferred = *preferred_in(found->get());
  sockaddr_storage storage{};
  std::memcpy(&storage, preferred.ai_addr, preferred.ai_addrlen);
  return address_in(storage, preferred.ai_addrlen);
}

Result<ListeningSockets> ListeningSockets::open(const Wanted& wanted) {
  ListeningSockets opened;
  opened.address_ = wanted.address;
  if (!wanted.address.is_unix()) {
    auto sockets = open_on_tcp(wanted);
    if (!sockets) return Error{sockets.error()};
    opened.sockets_ = std::move(*sockets);
    return opened;
  }
  auto socket = listen_on_unix(wanted.address.unix_path(), kBacklog);
  if (!socket) return Error{socket.error()};
  opened.file_ = UnixFile(wanted.address.unix_path());
  opened.sockets_.push_back(std::move(*socket));
  return opened;
}

ListeningSockets ListeningSockets::adopt(Handed handed) {
  ListeningSockets adopted;
  adopted.address_ = std::move(handed.address);
  adopted.promised_file_ = handed.file == HandedSockets::File::kOurs;
  adopted.sockets_ = std::move(handed.sockets);
  return adopted;
}

void ListeningSockets::claim_file() {
  if (promised_file_) file_ = UnixFile(bound().unix_path());
  promised_file_ = false;
}

std::vector<int> ListeningSockets::share(std::uint32_t thread, std::uint32_t threads) const {
  std::vector<int> mine;
  const std::size_t pairs = std::max<std::size_t>(threads, sockets_.size());
  for (std::size_t pair = thread; pair < pairs; pair += threads) {
    const int socket = sockets_[pair % sockets_.size()].get();
    mine.push_back(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  }
  return mine;
}

}  // namespace foretide::balancer
