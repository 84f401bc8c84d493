// TLS for the proxy's tests: an authority that issues certificates while the test runs, and a
// blocking peer that speaks TLS over a RawSocket, as a client or as a worker.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/io/tls_pointers.hpp"
#include "balancer/io/tls_server.hpp"
#include "common/settings/tls_settings.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {

// Its files live as long as it does.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "test authority");
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;

  struct Wish {
    std::string common_name = "somebody";
    std::vector<std::string> names;      // DNS
    std::vector<std::string> addresses;  // IP
    bool rsa = false;
    std::chrono::hours since{-1}, until{24 * 90};
  };
  CertificateFiles issue(const Wish& wish);
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  // A file of the folder with other content.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string folder_;
  KeyPtr key_;
  X509Ptr certificate_;
  int issued_ = 0;
};

std::string text_of_file(const std::string& path);

// Settings that serve `certificates`; no addresses, the test listens by itself.
TlsSettings tls_for(std::vector<CertificateFiles> certificates);
std::shared_ptr<const TlsServer> loaded(const TlsSettings& settings,
                                        std::shared_ptr<TlsResumption> resumption);

SslContextPtr worker_context(const CertificateFiles& files);

class TlsPeer final : public Peer {
 public:
  struct Wish {
    std::string server_name;
    int version = 0;      // TLS1_2_VERSION or TLS1_3_VERSION; 0: any
    std::string ciphers;  // of 1.2
    const CertificateFiles* certificate = nullptr;
    SSL_SESSION* session = nullptr;
    bool tickets = true;
    std::string protocols;  // ALPN, each behind its length
  };
  // Does not shake hands yet.
  static TlsPeer client(RawSocket socket, const Wish& wish);
  // As a worker; a worker's connections share its context.
  static TlsPeer worker(RawSocket socket, SSL_CTX* context);

  // Empty when it went well, else OpenSSL's reason.
  std::string shake_hands();
  // Of TLS 1.3 the handshake's last word comes later: sends and reads until an answer or an error.
  std::string ask(std::string_view request);

  void send(std::string_view bytes);
  // All until the end; "(cut)" is added unless the peer said that it ends.
  std::string receive_all();
  bool was_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  int version() const { return SSL_version(ssl_.get()); }
  std::string certificate_name() const;  // common name of the peer's
  std::string protocol() const;
  std::string server_name() const;  // what the client asked for
  SslSessionPtr session() const { return SslSessionPtr(SSL_get1_session(ssl_.get())); }
  void say_end() { SSL_shutdown(ssl_.get()); }
  void read_at_most(std::size_t size) { read_max_ = size; }
  RawSocket& socket() { return socket_; }
  SSL* ssl() { return ssl_.get(); }

 private:
  TlsPeer(RawSocket socket, SslContextPtr context);
  bool fill() override;

  RawSocket socket_;
  SslContextPtr context_;
  SslPtr ssl_;
  std::size_t read_max_ = 16384;
  bool ended_ = false;  // by the peer's own word
};

}  // namespace foretide::balancer
