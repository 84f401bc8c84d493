#include "balancer/io/tls_resumption.hpp"

#include <cstring>
#include <new>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "common/io/clock.hpp"

namespace foretide::balancer {
namespace {

std::string id_of(const SSL_SESSION* session) {
  unsigned int size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &size);
  return {reinterpret_cast<const char*>(id), size};
}

bool set_mac_key(EVP_MAC_CTX* mac, TicketKey& key) {
  char digest[] = "sha256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

bool fill_with_chance(TicketKey& key) {
  const auto fill = [](auto& bytes) {
    return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
  };
  return fill(key.name) && fill(key.cipher) && fill(key.mac);
}

}  // namespace

TlsResumption::TlsResumption() : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {
  if (!cipher_) throw std::bad_alloc();
}

void TlsResumption::serve(SSL_CTX* context) {
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_timeout(context, static_cast<long>(kSessionTime.count()));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TlsResumption::on_ticket);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    // Tickets of TLS 1.3 carry their session with them.
    if (SSL_version(ssl) > TLS1_2_VERSION || id_of(session).empty()) return 0;
    of(SSL_get_SSL_CTX(ssl)).keep(SslSessionPtr(session));
    return 1;
  });
  SSL_CTX_sess_set_get_cb(context, [](SSL* ssl, const unsigned char* id, int size, int* copy) {
    *copy = 0;
    return of(SSL_get_SSL_CTX(ssl))
        .find({reinterpret_cast<const char*>(id), static_cast<std::size_t>(size)});
  });
  SSL_CTX_sess_set_remove_cb(
      context, [](SSL_CTX* from, SSL_SESSION* session) { of(from).forget(id_of(session)); });
}

TlsResumption& TlsResumption::of(const SSL_CTX* context) {
  return *static_cast<TlsResumption*>(SSL_CTX_get_app_data(context));
}

std::size_t TlsResumption::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

// ---- tickets ----

int TlsResumption::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv,
                             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int issue) {
  auto& resumption = of(SSL_get_SSL_CTX(ssl));
  if (issue != 0) return resumption.lock_ticket(name, iv, cipher, mac);
  const int opened = resumption.open_ticket(name, iv, cipher, mac);
  // A client of TLS 1.3 uses a ticket once, so that nobody can tell its visits by it: it needs the
  // next one (RFC 8446 appendix C.4).
  return opened == 1 && SSL_version(ssl) >= TLS1_3_VERSION ? 2 : opened;
}

// 0: no ticket is issued, which is no reason to end a handshake.
int TlsResumption::lock_ticket(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                               EVP_MAC_CTX* mac) {
  std::optional<TicketKey> key;
  {
    const std::lock_guard lock(mutex_);
    const Instant now = monotonic_now();
    key = keys_.issuing(now);
    if (!key) {
      key.emplace();
      if (!fill_with_chance(*key)) return 0;
      keys_.add(*key, now);
    }
  }
  std::memcpy(name, key->name.data(), key->name.size());
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(cipher_.get())) != 1) return 0;
  const bool locked =
      EVP_EncryptInit_ex2(cipher, cipher_.get(), key->cipher.data(), iv, nullptr) == 1;
  return locked && set_mac_key(mac, *key) ? 1 : 0;
}

// 0: not ours, or too old: a full handshake. 2: open, and a new one is due.
int TlsResumption::open_ticket(const unsigned char* name, const unsigned char* iv,
                               EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  std::optional<TicketKeys::Found> found;
  {
    const std::lock_guard lock(mutex_);
    found = keys_.find(std::span<const unsigned char, 16>(name, 16), monotonic_now());
  }
  if (!found || !set_mac_key(mac, found->key)) return 0;
  if (EVP_DecryptInit_ex2(cipher, cipher_.get(), found->key.cipher.data(), iv, nullptr) != 1) {
    return 0;
  }
  return found->issues ? 1 : 2;
}

// ---- sessions by id ----

void TlsResumption::keep(SslSessionPtr session) {
  std::string id = id_of(session.get());
  const std::lock_guard lock(mutex_);
  while (ids_.size() >= kSessionsMax) {
    sessions_.erase(ids_.front());
    ids_.pop_front();
  }
  ids_.push_back(id);
  sessions_[std::move(id)] = std::move(session);
}

SSL_SESSION* TlsResumption::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  SSL_SESSION_up_ref(found->second.get());
  return found->second.get();
}

void TlsResumption::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(id);
}

}  // namespace foretide::balancer
