// A certificate with its key and the chain above it, read from two PEM files and looked over: that
// the key is the certificate's, which names it serves, how long it is good.
//
// What would make every handshake fail is an Error that names the file. What clients will object to
// (expired, or soon to be) is a warning: a site with an expired certificate is worse off without
// any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "balancer/io/tls_pointers.hpp"
#include "common/result.hpp"
#include "common/settings/tls_settings.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

struct TlsCertificate {
  CertificateFiles files;
  X509Ptr certificate;
  std::vector<X509Ptr> chain;
  KeyPtr key;
  std::vector<std::string> names;  // DNS names; wildcards as "*.example.org"
  WallTime not_before, not_after;
};

Result<TlsCertificate> read_certificate(const CertificateFiles& files);

// Empty when there is nothing to say.
std::string age_warning(const TlsCertificate& certificate, WallTime now);

// Certificates of authorities, for X509 stores.
Result<std::vector<X509Ptr>> read_authorities(const std::string& path);

}  // namespace foretide::balancer
