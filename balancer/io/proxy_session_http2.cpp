// How a session goes on where the client speaks HTTP/2.
#include "balancer/h2/connection.hpp"
#include "balancer/io/proxy_session.hpp"
#include "balancer/io/tls_layer.hpp"
#include "balancer/io/traffic_thread.hpp"

namespace foretide::balancer {

bool ProxySession::agreed_on_http2() const {
  const auto* tls = static_cast<const TlsLayer*>(client_.layer());
  return tls != nullptr && tls->protocol() == "h2";
}

// The preface's first half looks like a request's head (RFC 9113 section 3.4), so that whoever
// speaks HTTP/1.1 pays nothing to be told apart.
bool ProxySession::begins_http2() const {
  return may_be_http2_ &&
         std::string_view{input_.data(), input_.size()}.starts_with(h2::kPrefaceHead);
}

Task<> ProxySession::serve_http2() {
  client_side_.version = "2.0";
  {
    h2::Connection connection({thread_, client_, waiter_, input_, client_side_});
    http2_ = &connection;
    co_await connection.run();
    http2_ = nullptr;
  }
  if (!waiter_.cancelled() && (client_.events() & kBroken) == 0) co_await drain_input();
}

std::optional<Instant> ProxySession::idle_since() const {
  if (http2_ != nullptr) return http2_->idle_since();
  return idle_ ? std::optional(idle_since_) : std::nullopt;
}

}  // namespace foretide::balancer
