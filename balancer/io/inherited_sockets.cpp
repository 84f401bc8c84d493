#include "balancer/io/inherited_sockets.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balancer/core/handed_sockets.hpp"

namespace foretide::balancer {
namespace {

constexpr int kFirst = 3;           // SD_LISTEN_FDS_START
constexpr int kSocketsMax = 65536;  // more than any program may have open

std::string variable(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string take_name(std::string& names) {
  const auto end = names.find(':');
  std::string name = names.substr(0, end);
  names.erase(0, end == std::string::npos ? end : end + 1);
  return name;
}

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// As if it were opened by us.
Outcome prepare(const Descriptor& socket) {
  const int fd = socket.get();
  if (option(fd, SO_TYPE) != SOCK_STREAM || option(fd, SO_ACCEPTCONN) != 1) {
    return Error{"descriptor " + std::to_string(fd) +
                 ", which was handed over (LISTEN_FDS), is no listening stream socket"};
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // a unix socket has none
  return Done{};
}

}  // namespace

Result<InheritedSockets> InheritedSockets::from_environment() {
  const std::string pid = variable("LISTEN_PID"), count = variable("LISTEN_FDS");
  const std::string told = variable("FORETIDE_HANDED_SOCKETS");
  std::string names = variable("LISTEN_FDNAMES");
  for (const char* name :
       {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "FORETIDE_HANDED_SOCKETS"}) {
    ::unsetenv(name);
  }
  InheritedSockets inherited;
  if (number_in(pid) != ::getpid()) return inherited;  // none, or another process's
  const int sockets_count = number_in(count).value_or(0);
  if (sockets_count < 1 || sockets_count > kSocketsMax) {
    return Error{"LISTEN_FDS is '" + count + "', wants the number of sockets handed over"};
  }
  std::vector<Descriptor> sockets;
  for (int i = 0; i < sockets_count; ++i) sockets.emplace_back(kFirst + i);
  for (const auto& socket : sockets) {
    if (const auto prepared = prepare(socket); !prepared) return Error{prepared.error()};
  }
  if (!told.empty()) {
    const auto added = inherited.add_predecessors(std::move(sockets), told);
    if (!added) return Error{added.error()};
    return inherited;
  }
  for (auto& socket : sockets) inherited.add_given(std::move(socket), take_name(names));
  return inherited;
}

void InheritedSockets::add_given(Descriptor socket, std::string name) {
  const Address bound = bound_address(socket.get());
  const auto same = std::find_if(groups_.begin(), groups_.end(),
                                 [&](const Group& group) { return group.bound == bound; });
  Group& group = same != groups_.end() ? *same : groups_.emplace_back();
  group.bound = bound;
  group.name = std::move(name);
  group.sockets.push_back(std::move(socket));
}

Outcome InheritedSockets::add_predecessors(std::vector<Descriptor> sockets,
                                           const std::string& told) {
  from_ = From::kPredecessor;
  const auto handed = handed_sockets_in(told);
  std::size_t total = 0;
  if (handed) {
    for (const auto& one : *handed) total += one.count;
  }
  if (total != sockets.size()) {
    return Error{"FORETIDE_HANDED_SOCKETS does not tell of each socket what it is for: " + told};
  }
  auto next = sockets.begin();
  for (const auto& one : *handed) {
    Group& group = groups_.emplace_back();
    group.configured = one.address;
    group.file = one.file;
    for (std::uint32_t i = 0; i < one.count; ++i) group.sockets.push_back(std::move(*next++));
    group.bound = bound_address(group.sockets.front().get());
  }
  return Done{};
}

std::optional<ListeningSockets> InheritedSockets::take(const Address& address) {
  if (groups_.empty()) return std::nullopt;
  auto found = std::find_if(groups_.begin(), groups_.end(),
                            [&](const Group& group) { return group.configured == address.text(); });
  if (found == groups_.end()) {
    const auto bound = as_bound(address);  // what cannot be resolved is told when it is opened
    if (!bound) return std::nullopt;
    found = std::find_if(groups_.begin(), groups_.end(),
                         [&](const Group& group) { return group.bound == *bound; });
  }
  if (found == groups_.end()) return std::nullopt;
  auto taken = ListeningSockets::adopt(
      {.address = address, .sockets = std::move(found->sockets), .file = found->file});
  groups_.erase(found);
  return taken;
}

Outcome InheritedSockets::close_rest() {
  const auto rest = std::exchange(groups_, {});
  if (rest.empty() || from_ == From::kPredecessor) return Done{};
  const Group& first = rest.front();
  return Error{"the service manager hands over a socket on " + first.bound.text() +
               (first.name.empty() ? "" : " (" + first.name + ")") +
               ", which neither listen.traffic, listen.tls.addresses nor listen.balancer_admin "
               "names: name it there, or take it out of the socket unit"};
}

}  // namespace foretide::balancer
