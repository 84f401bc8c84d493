// How a session begins where clients speak TLS.
#include <array>

#include "balancer/http/answer.hpp"
#include "balancer/io/front.hpp"
#include "balancer/io/proxy_session.hpp"
#include "balancer/io/tls_server.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr std::size_t kSubjectMax = 1024;  // a part of a name could be taken for another's

}  // namespace

Task<bool> ProxySession::secure() {
  auto& tls = static_cast<TlsLayer&>(*client_.layer());
  const Instant deadline = thread_.loop().now() + thread_.front().head_timeout;
  for (;;) {
    const IoResult result = client_.establish();
    if (result.done()) break;
    bool ended = !result.blocked();
    if (!ended) {
      const Woke woke =
          co_await waiter_.sleep(deadline, {&client_, kReadable | kWritable | kBroken});
      const bool gone = (client_.events() & kBroken) != 0;
      ended = woke == Woke::kDeadline || woke == Woke::kCancelled || gone;
    }
    if (!ended) continue;
    ++thread_.counts().tls_failed_total;
    spdlog::debug("no TLS with {}: {}", address_.text(), tls.trouble());
    if (tls.met_plain_http()) co_await refuse_plain_http();
    co_return false;
  }
  count_handshake(tls);
  may_be_http2_ = agreed_on_http2() || thread_.tls()->speaks_http2();
  certificate_subject_ = tls.peer_subject();
  client_side_.scheme = "https";
  client_side_.certified = !certificate_subject_.empty();
  client_side_.certificate_subject = certificate_subject_;
  co_return certificate_subject_.size() <= kSubjectMax;
}

void ProxySession::count_handshake(const TlsLayer& tls) {
  auto& counts = thread_.counts();
  ++(tls.resumed() ? counts.tls_resumed_total : counts.tls_full_total);
}

// Most likely a person who left out the "s"; the answer is in the clear, too.
Task<> ProxySession::refuse_plain_http() {
  client_.set_layer(nullptr);
  client_.raise(kWritable);
  co_await refuse(400, "this port is for TLS: ask by https://");
}

}  // namespace foretide::balancer
