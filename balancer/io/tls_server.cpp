#include "balancer/io/tls_server.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/err.h>

#include "common/check.hpp"
#include "common/io/clock.hpp"

namespace foretide::balancer {
namespace {

constexpr const char* kCiphers =  // of TLS 1.2
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* kGroups = "X25519:P-256:P-384";

// Protocols that may be agreed on, the most wanted first, each behind its length (RFC 7301).
constexpr std::string_view kProtocols = "\x02h2\x08http/1.1\x08http/1.0";
constexpr std::size_t kHttp2Size = 3;  // of the first of them

int on_protocols(SSL*, const unsigned char** chosen, unsigned char* size,
                 const unsigned char* offered, unsigned int offered_size, void* server) {
  const bool http2 = static_cast<const TlsServer*>(server)->speaks_http2();
  const auto ours = kProtocols.substr(http2 ? 0 : kHttp2Size);
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned int>(ours.size()), offered, offered_size);
  *chosen = found;
  // Nothing in common: the client wants something else than a web server here.
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// What a session may be resumed under: the demands on the client's certificate.
bool set_session_scope(SSL_CTX* context, const TlsSettings& settings,
                       const std::vector<X509Ptr>& authorities) {
  const std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>> digest(EVP_MD_CTX_new());
  std::array<unsigned char, EVP_MAX_MD_SIZE> scope{};
  unsigned int size = 0;
  bool good = digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1;
  const char demand = !settings.clients ? 'n' : settings.clients->required ? 'r' : 'o';
  good = good && EVP_DigestUpdate(digest.get(), &demand, 1) == 1;
  for (const auto& authority : authorities) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> one{};
    good = good && X509_digest(authority.get(), EVP_sha256(), one.data(), &size) == 1 &&
           EVP_DigestUpdate(digest.get(), one.data(), size) == 1;
  }
  good = good && EVP_DigestFinal_ex(digest.get(), scope.data(), &size) == 1;
  return good && SSL_CTX_set_session_id_context(context, scope.data(), size) == 1;
}

bool use(SSL_CTX* context, const TlsCertificate& certificate) {
  if (SSL_CTX_use_certificate(context, certificate.certificate.get()) != 1) return false;
  if (SSL_CTX_use_PrivateKey(context, certificate.key.get()) != 1) return false;
  return std::all_of(certificate.chain.begin(), certificate.chain.end(), [&](const X509Ptr& above) {
    return SSL_CTX_add1_chain_cert(context, above.get()) == 1;
  });
}

}  // namespace

TlsServer::TlsServer(std::shared_ptr<TlsResumption> resumption)
    : resumption_(std::move(resumption)) {}

Result<std::shared_ptr<const TlsServer>> TlsServer::load(
    const TlsSettings& settings, std::shared_ptr<TlsResumption> resumption) {
  CHECK(!settings.certificates.empty(), "the settings' reader asks for a certificate");
  std::shared_ptr<TlsServer> server(new TlsServer(std::move(resumption)));
  server->http2_ = settings.http2;
  for (const auto& files : settings.certificates) {
    auto certificate = read_certificate(files);
    if (!certificate) return Error{"listen.tls: " + certificate.error()};
    const auto added = server->add(std::move(*certificate), settings);
    if (!added) return Error{"listen.tls: " + added.error()};
  }
  SSL_CTX* const first = server->served_.front().context.get();
  SSL_CTX_set_tlsext_servername_callback(first, &TlsServer::on_server_name);
  SSL_CTX_set_tlsext_servername_arg(first, server.get());
  return std::shared_ptr<const TlsServer>(std::move(server));
}

Outcome TlsServer::add(TlsCertificate certificate, const TlsSettings& settings) {
  if (auto warning = age_warning(certificate, wall_now()); !warning.empty()) {
    warnings_.push_back(std::move(warning));
  }
  ERR_clear_error();
  const auto too_weak = [&] {
    return Error{certificate.files.certificate + ": cannot be used: " + take_tls_error("unknown")};
  };
  std::sort(certificate.names.begin(), certificate.names.end());
  for (auto& served : served_) {
    const int kind = EVP_PKEY_get_base_id(certificate.key.get());
    const bool same_kind =
        EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(served.context.get())) == kind;
    if (served.names != certificate.names || same_kind) continue;
    if (!use(served.context.get(), certificate)) return too_weak();
    return Done{};
  }
  auto context = make_context(settings);
  if (!context) return Error{context.error()};
  if (!use(context->get(), certificate)) return too_weak();
  for (const auto& name : certificate.names) {
    if (names_.add(name, served_.size())) continue;
    warnings_.push_back(certificate.files.certificate + ": " + name +
                        " is served by a certificate that is given before it");
  }
  served_.push_back({std::move(*context), std::move(certificate.names)});
  return Done{};
}

Result<SslContextPtr> TlsServer::make_context(const TlsSettings& settings) {
  SslContextPtr owner(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = owner.get();
  const bool is_13 = settings.min_version == TlsSettings::Version::k13;
  const bool made =
      context != nullptr &&
      SSL_CTX_set_min_proto_version(context, is_13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
      SSL_CTX_set_ciphersuites(context, kCiphers13) == 1 &&
      SSL_CTX_set1_groups_list(context, kGroups) == 1;
  if (!made) return Error{"TLS cannot be set up: " + take_tls_error("no memory")};
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One call for a record instead of one for its length and one for the rest.
  SSL_CTX_set_read_ahead(context, 1);
  // One a handshake: each is encrypted and sent, and may be used more than once.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, on_protocols, this);
  resumption_->serve(context);
  std::vector<X509Ptr> authorities;
  if (settings.clients) {
    auto read = read_authorities(settings.clients->ca);
    if (!read) return Error{read.error()};
    authorities = std::move(*read);
    for (const auto& authority : authorities) {
      // Asked of clients by name, and what theirs are checked against.
      if (SSL_CTX_add_client_CA(context, authority.get()) != 1 ||
          X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) {
        return Error{settings.clients->ca + ": cannot be used: " + take_tls_error("unknown")};
      }
    }
    SSL_CTX_set_verify(context,
                       settings.clients->required
                           ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                           : SSL_VERIFY_PEER,
                       nullptr);
  }
  if (!set_session_scope(context, settings, authorities)) {
    return Error{"TLS cannot be set up: " + take_tls_error("no memory")};
  }
  return owner;
}

int TlsServer::on_server_name(SSL* ssl, int*, void* server) {
  const auto& self = *static_cast<const TlsServer*>(server);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto found = self.names_.find(name);
  if (!found) return SSL_TLSEXT_ERR_NOACK;
  if (*found > 0) SSL_set_SSL_CTX(ssl, self.served_[*found].context.get());
  return SSL_TLSEXT_ERR_OK;
}

std::unique_ptr<TlsLayer> TlsServer::layer_for(Stream& stream,
                                               std::shared_ptr<const TlsServer> server) {
  SslPtr ssl(SSL_new(server->served_.front().context.get()));
  if (!ssl) return nullptr;
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsLayer>(stream, std::move(ssl), std::move(server));
}

}  // namespace foretide::balancer
