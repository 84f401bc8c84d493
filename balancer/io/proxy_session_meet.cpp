// How a connection begins, before its first request: who its client is (a PROXY header where the
// peer is to send one), whether that client may have one more, whether it is believed, and TLS.
#include <sys/socket.h>

#include <array>

#include "balancer/http/proxy_header.hpp"
#include "balancer/io/front.hpp"
#include "balancer/io/proxy_session.hpp"
#include "balancer/io/tls_server.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {

bool ProxySession::is_met_plainly() const {
  const Front& front = thread_.front();
  return security_ == ListenPoint::Security::kPlain && front.trusted.empty() &&
         front.proxied.empty() && front.connections_per_client == 0;
}

Task<bool> ProxySession::meet() {
  const Front& front = thread_.front();
  const bool proxied = address_.ip() != nullptr && contain(front.proxied, *address_.ip());
  if (proxied) {
    const bool read = co_await read_proxy_header();
    if (!read) {
      ++thread_.counts().rejected_total;
      co_return false;
    }
  }
  if (!admit()) {
    ++thread_.counts().rejected_total;
    co_return false;
  }
  if (security_ == ListenPoint::Security::kPlain) co_return true;
  auto layer = TlsServer::layer_for(client_, thread_.tls());
  if (!layer) co_return false;
  client_.set_layer(std::move(layer));
  const bool secured = co_await secure();
  co_return secured;
}

bool ProxySession::admit() {
  const Front& front = thread_.front();
  if (address_.ip() == nullptr) return true;
  // A proxy's connections are those of all its clients.
  if (contain(front.trusted, *address_.ip())) client_side_.trust = Trust::kTrusted;
  if (client_side_.trust == Trust::kTrusted || front.connections_per_client == 0) return true;
  counted_ = front.counts->enter(*address_.ip(), front.connections_per_client);
  return counted_;
}

// Looks before it takes, so that what follows the header, such as a TLS hello, stays in the socket.
Task<bool> ProxySession::read_proxy_header() {
  const Instant deadline = thread_.loop().now() + thread_.front().head_timeout;
  std::array<char, kProxyHeaderMax> bytes;
  for (std::size_t seen = 0;;) {
    const auto size = ::recv(client_.fd(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size == 0) co_return false;
    ProxyHeader header;
    if (size > 0) header = proxy_header_in({bytes.data(), static_cast<std::size_t>(size)});
    if (header.read == ProxyHeader::Read::kMalformed) {
      spdlog::warn("{} is to begin with a PROXY header (listen.proxy_protocol) and did not",
                   address_.text());
      co_return false;
    }
    if (header.read == ProxyHeader::Read::kComplete) {
      if (::recv(client_.fd(), bytes.data(), header.size, MSG_DONTWAIT) < 0) co_return false;
      if (header.client) address_ = ClientAddress(*header.client);
      client_side_.address = address_.text();
      client_side_.ip = address_.ip();
      co_return true;
    }
    // Half a header stays readable: only more of it is news.
    const bool no_more = size < 0 || static_cast<std::size_t>(size) == seen;
    if (no_more && client_.peer_ended()) co_return false;
    if (no_more) client_.lower(kReadable);
    if (size > 0) seen = static_cast<std::size_t>(size);
    const Woke woke = co_await waiter_.sleep(deadline, {&client_, kReadable | kBroken});
    const bool gone = (client_.events() & kBroken) != 0;
    if (woke == Woke::kDeadline || woke == Woke::kCancelled || gone) co_return false;
  }
}

}  // namespace foretide::balancer
