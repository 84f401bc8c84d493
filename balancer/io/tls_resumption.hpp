// What lets a client come back without a full handshake, kept apart from the certificates so that a
// reload forgets nobody: the keys of session tickets, and the sessions of TLS 1.2 clients that take
// no tickets.
//
// A full handshake costs a signature (about a millisecond for RSA), a resumed one does not.
// Sessions by id are kept up to a number, the oldest making room, and leave by OpenSSL's own time.
// Both are shared by the threads under a mutex that is held for the copy of a key or of a pointer,
// and by handshakes only.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "balancer/core/ticket_keys.hpp"
#include "balancer/io/tls_pointers.hpp"

namespace foretide::balancer {

class TlsResumption {
 public:
  // Of a ticket or a session; the keys above last as long (TicketKeys).
  static constexpr std::chrono::seconds kSessionTime{2 * 3600};
  static constexpr std::size_t kSessionsMax = 8192;

  TlsResumption();
  TlsResumption(const TlsResumption&) = delete;

  // Makes a server's context use it. It must outlive the context.
  void serve(SSL_CTX* context);

  std::size_t sessions() const;

 private:
  static TlsResumption& of(const SSL_CTX* context);
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int issue);
  int lock_ticket(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int open_ticket(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac);
  void keep(SslSessionPtr session);
  SSL_SESSION* find(const std::string& id) const;  // one more reference, or nothing
  void forget(const std::string& id);

  std::unique_ptr<EVP_CIPHER, FreeBy<EVP_CIPHER_free>> cipher_;
  mutable std::mutex mutex_;
  TicketKeys keys_;
  std::unordered_map<std::string, SslSessionPtr> sessions_;
  std::deque<std::string> ids_;  // in order of arrival; some may be forgotten already
};

}  // namespace foretide::balancer
