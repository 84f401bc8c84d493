// Owners for what OpenSSL hands out, and its errors as a sentence.
//
// OpenSSL keeps errors in a queue of the thread. Whoever calls it clears the queue before, or the
// errors of another connection would be taken for this one's.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace foretide::balancer {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;

// The oldest error in the queue, in OpenSSL's words; the queue is empty afterwards. Without one:
// `otherwise`.
std::string take_tls_error(const char* otherwise);

// As RFC 2253 writes it, "CN=alice,O=Example": ASCII only, with everything else escaped.
std::string name_text(const X509_NAME* name);

}  // namespace foretide::balancer
