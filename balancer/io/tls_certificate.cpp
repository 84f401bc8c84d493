#include "balancer/io/tls_certificate.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace foretide::balancer {
namespace {

constexpr std::chrono::hours kSoon{14 * 24};

Result<BioPtr> open_file(const std::string& path) {
  ERR_clear_error();
  errno = 0;
  BioPtr file(BIO_new_file(path.c_str(), "r"));
  if (file) return file;
  ERR_clear_error();
  return Error{path + ": cannot be read: " + std::strerror(errno)};
}

// No terminal is asked for a passphrase; `asked`, a bool, tells that one would have been.
int no_passphrase(char*, int, int, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return 0;
}

bool was_end_of_file() {
  const unsigned long error = ERR_peek_last_error();
  const bool ended =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (ended) ERR_clear_error();
  return ended;
}

// All certificates of a PEM file; at least one.
Result<std::vector<X509Ptr>> read_certificates(const std::string& path) {
  auto file = open_file(path);
  if (!file) return Error{file.error()};
  std::vector<X509Ptr> read;
  for (;;) {
    X509Ptr next(PEM_read_bio_X509(file->get(), nullptr, no_passphrase, nullptr));
    if (next) {
      read.push_back(std::move(next));
    } else if (!was_end_of_file()) {
      return Error{path + ": is not a PEM file of certificates: " + take_tls_error("unknown")};
    } else if (read.empty()) {
      return Error{path + ": holds no certificate (-----BEGIN CERTIFICATE----- is looked for)"};
    } else {
      return read;
    }
  }
}

Result<KeyPtr> read_key(const std::string& path) {
  auto file = open_file(path);
  if (!file) return Error{file.error()};
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(file->get(), nullptr, no_passphrase, &asked));
  if (key) return key;
  ERR_clear_error();
  if (asked) {
    return Error{path +
                 ": the private key has a passphrase, which is not taken: write it without one, "
                 "mode 0600"};
  }
  return Error{path + ": holds no private key (-----BEGIN PRIVATE KEY----- is looked for)"};
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>> all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
  }
  if (!names.empty()) return names;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return names;
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

std::string date_text(WallTime time) {
  const std::time_t second =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&second, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

}  // namespace

Result<TlsCertificate> read_certificate(const CertificateFiles& files) {
  auto certificates = read_certificates(files.certificate);
  if (!certificates) return Error{certificates.error()};
  auto key = read_key(files.key);
  if (!key) return Error{key.error()};
  X509* own = certificates->front().get();
  if (X509_check_private_key(own, key->get()) != 1) {
    ERR_clear_error();
    return Error{files.key + ": is not the private key of the first certificate in " +
                 files.certificate + " (the server's own comes first, then those above it)"};
  }
  TlsCertificate read{.files = files,
                      .certificate = nullptr,
                      .chain = {},
                      .key = std::move(*key),
                      .names = names_of(own),
                      .not_before = time_of(X509_get0_notBefore(own)),
                      .not_after = time_of(X509_get0_notAfter(own))};
  read.certificate = std::move(certificates->front());
  certificates->erase(certificates->begin());
  read.chain = std::move(*certificates);
  return read;
}

std::string age_warning(const TlsCertificate& certificate, WallTime now) {
  const std::string& file = certificate.files.certificate;
  if (now >= certificate.not_after) {
    return file + ": expired on " + date_text(certificate.not_after) + ", clients will refuse it";
  }
  if (now < certificate.not_before) {
    return file + ": is good from " + date_text(certificate.not_before) +
           " only, clients will refuse it until then";
  }
  if (now >= certificate.not_after - kSoon) {
    return file + ": expires on " + date_text(certificate.not_after) + ", renew it";
  }
  return "";
}

Result<std::vector<X509Ptr>> read_authorities(const std::string& path) {
  return read_certificates(path);
}

}  // namespace foretide::balancer
