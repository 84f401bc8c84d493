#include "balancer/io/tls_upstream.hpp"

#include <new>
#include <utility>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "balancer/io/tls_certificate.hpp"

namespace foretide::balancer {

// Knows for whom it keeps the session that the endpoint hands out.
class EndpointTlsLayer final : public TlsLayer {
 public:
  EndpointTlsLayer(Stream& stream, SslPtr connection, std::shared_ptr<const TlsClient> client,
                   TlsToEndpoints& owner, const WorkerId& endpoint)
      : TlsLayer(stream, std::move(connection), std::move(client)),
        owner_(owner),
        endpoint_(endpoint) {}

  static int on_session(SSL* ssl, SSL_SESSION* session) {
    auto& self = *static_cast<EndpointTlsLayer*>(SSL_get_app_data(ssl));
    self.owner_.keep(self.endpoint_, SslSessionPtr(session), SSL_get_SSL_CTX(ssl));
    return 1;
  }

 private:
  TlsToEndpoints& owner_;
  WorkerId endpoint_;
};

namespace {

constexpr unsigned char kHttp1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

bool is_ip_literal(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address) == 1;
}

Outcome trust(SSL_CTX* context, const wire::UpstreamTls& settings) {
  if (!settings.verify) return Done{};
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (settings.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return Done{};
  }
  const auto authorities = read_authorities(settings.ca);
  if (!authorities) return Error{authorities.error()};
  for (const auto& authority : *authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1) continue;
    return Error{settings.ca + ": cannot be used: " + take_tls_error("unknown")};
  }
  return Done{};
}

}  // namespace

bool set_tls_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* const check = SSL_get0_param(ssl);
  if (is_ip_literal(name)) return X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1;
  if (name.empty()) return false;
  X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(check, name.data(), name.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

Result<std::shared_ptr<const TlsClient>> TlsClient::load(const wire::UpstreamTls& settings) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return Error{"tls: cannot be set up: " + take_tls_error("no memory")};
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_alpn_protos(context.get(), kHttp1, sizeof kHttp1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), &EndpointTlsLayer::on_session);
  const auto trusted = trust(context.get(), settings);
  if (!trusted) return Error{"tls: ca: " + trusted.error()};
  return std::shared_ptr<const TlsClient>(new TlsClient(settings, std::move(context)));
}

bool TlsToEndpoints::apply(EndpointTls tls) {
  const bool other = tls.client != tls_.client;
  tls_ = std::move(tls);
  if (other) sessions_.clear();
  std::erase_if(sessions_, [&](const auto& entry) { return !tls_.hosts.contains(entry.first); });
  return other;
}

std::unique_ptr<TlsLayer> TlsToEndpoints::layer_for(const Endpoint& endpoint, Stream& stream) {
  if (!tls_.client) return nullptr;
  SslPtr ssl(SSL_new(tls_.client->context()));
  if (!ssl) throw std::bad_alloc();
  const auto host = tls_.hosts.find(endpoint.id);
  const std::string& given = tls_.client->settings().server_name;
  const std::string& known = host == tls_.hosts.end() ? endpoint.address.host : host->second;
  // Without a name to prove nothing would be checked: then the handshake is to fail.
  if (set_tls_name(ssl.get(), given.empty() ? known : given)) SSL_set_connect_state(ssl.get());
  if (const auto session = sessions_.find(endpoint.id); session != sessions_.end()) {
    SSL_set_session(ssl.get(), session->second.get());
  }
  return std::make_unique<EndpointTlsLayer>(stream, std::move(ssl), tls_.client, *this,
                                            endpoint.id);
}

bool TlsToEndpoints::is_current(const Stream& stream) const {
  const auto* layer = static_cast<const TlsLayer*>(stream.layer());
  const SSL_CTX* made_under = layer == nullptr ? nullptr : SSL_get_SSL_CTX(layer->ssl());
  return made_under == (tls_.client ? tls_.client->context() : nullptr);
}

void TlsToEndpoints::keep(const WorkerId& endpoint, SslSessionPtr session,
                          const SSL_CTX* begun_under) {
  if (!tls_.client || begun_under != tls_.client->context()) return;
  if (tls_.hosts.contains(endpoint)) sessions_[endpoint] = std::move(session);
}

}  // namespace foretide::balancer
