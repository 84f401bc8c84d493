// How clients are met that speak TLS: certificates chosen by the name that they ask for, versions,
// ciphers, and whether they have to show a certificate themselves.
//
// An immutable snapshot that the threads share. A reload makes a new one; connections that are
// there keep theirs until they end. Resumption is kept outside (tls_resumption.hpp), so it goes on
// over reloads; but a session that began under other demands on clients' certificates is not
// resumed, or it would slip past the new ones.
//
// Several certificates for the same names and of different kinds (RSA beside ECDSA) serve together:
// each client gets the kind that it prefers. Ciphers are Mozilla's "intermediate" list (5.7)
// without the finite-field ones, which cost most; of theirs AES-128 with SHA-256 is taken where the
// client has it, as its handshake costs least, and ChaCha20 where the client prefers it, which then
// has no AES in its processor. No compression, no renegotiation, no early data,
// no OCSP.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "balancer/core/server_names.hpp"
#include "balancer/io/tls_certificate.hpp"
#include "balancer/io/tls_layer.hpp"
#include "balancer/io/tls_resumption.hpp"
#include "common/settings/tls_settings.hpp"

namespace foretide::balancer {

class TlsServer {
 public:
  // Reads all files. An Error names the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsServer>> load(const TlsSettings& settings,
                                                       std::shared_ptr<TlsResumption> resumption);

  // For an accepted connection, which keeps the snapshot. Nothing when there is no memory.
  static std::unique_ptr<TlsLayer> layer_for(Stream& stream,
                                             std::shared_ptr<const TlsServer> server);
  bool speaks_http2() const { return http2_; }
  // What people should know of the certificates.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Served {
    SslContextPtr context;
    std::vector<std::string> names;
  };

  explicit TlsServer(std::shared_ptr<TlsResumption> resumption);
  Outcome add(TlsCertificate certificate, const TlsSettings& settings);
  Result<SslContextPtr> make_context(const TlsSettings& settings);
  static int on_server_name(SSL* ssl, int* alert, void* server);

  std::shared_ptr<TlsResumption> resumption_;
  std::vector<Served> served_;  // the first is where every connection begins
  ServerNames names_;
  std::vector<std::string> warnings_;
  bool http2_ = true;
};

}  // namespace foretide::balancer
