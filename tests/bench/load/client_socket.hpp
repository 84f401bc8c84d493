// A client's connection to loopback, plain or TLS, that never blocks: every call does what can be
// done now and says whether more has to be waited for. The same three calls whatever lies
// underneath, so that a load does not care.
//
// TLS: no verification, no session is ever offered again (each handshake is a full one). One
// thread.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace foretide::bench {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

TlsContext client_tls_context();

struct Target {
  std::uint16_t port = 0;
  std::uint32_t from = 0;  // last byte of the source address 127.0.0.x; 0: any
  SSL_CTX* tls = nullptr;  // none: plain
};

enum class Progress : std::uint8_t { kDone, kBlocked, kEnded, kFailed };

struct Moved {
  Progress progress = Progress::kDone;
  std::size_t size = 0;
};

class ClientSocket {
 public:
  ClientSocket() = default;
  ~ClientSocket() { close(); }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  // Begins to connect; `establish` says when it and the handshake are done.
  bool open(const Target& target);
  Progress establish();
  Moved read(std::span<char> into);
  Moved write(std::span<const char> from);
  void close();
  // Version and cipher, for instance "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: plain, or not yet.
  std::string tls() const;
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  Progress outcome_of(int result);

  int fd_ = -1;
  bool connected_ = false;
  bool shaken_ = false;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace foretide::bench
