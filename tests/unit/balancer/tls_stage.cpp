#include "tests/unit/balancer/tls_stage.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace foretide::balancer {
namespace {

KeyPtr make_key(bool rsa) {
  return KeyPtr(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
}

void set_name(X509* certificate, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, static_cast<int>(common_name.size()),
                             -1, 0);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509Ptr make_certificate(EVP_PKEY* key, std::chrono::hours since, std::chrono::hours until) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), std::chrono::seconds(since).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::chrono::seconds(until).count());
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void write_certificate(const std::string& path, X509* certificate) {
  const BioPtr file(BIO_new_file(path.c_str(), "w"));
  EXPECT_EQ(PEM_write_bio_X509(file.get(), certificate), 1);
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name) : key_(make_key(false)) {
  std::string pattern = std::filesystem::temp_directory_path() / "foretide-tls-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  certificate_ = make_certificate(key_.get(), std::chrono::hours(-2), std::chrono::hours(24 * 365));
  ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 1);
  set_name(certificate_.get(), name);
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  write_certificate(ca_file(), certificate_.get());
}

TestAuthority::~TestAuthority() {
  std::filesystem::remove_all(folder_);
}

CertificateFiles TestAuthority::issue(const Wish& wish) {
  const KeyPtr key = make_key(wish.rsa);
  const X509Ptr certificate = make_certificate(key.get(), wish.since, wish.until);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++issued_ + 1);
  set_name(certificate.get(), wish.common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  std::string names;
  for (const auto& name : wish.names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : wish.addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  if (!names.empty()) add_extension(certificate.get(), NID_subject_alt_name, names);
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  const std::string stem = folder_ + "/" + std::to_string(issued_);
  write_certificate(stem + ".pem", certificate.get());
  const BioPtr file(BIO_new_file((stem + ".key").c_str(), "w"));
  PEM_write_bio_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {stem + ".pem", stem + ".key"};
}

std::string TestAuthority::write(const std::string& name, const std::string& content) const {
  std::ofstream(folder_ + "/" + name) << content;
  return folder_ + "/" + name;
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TlsSettings tls_for(std::vector<CertificateFiles> certificates) {
  TlsSettings settings;
  settings.certificates = std::move(certificates);
  return settings;
}

std::shared_ptr<const TlsServer> loaded(const TlsSettings& settings,
                                        std::shared_ptr<TlsResumption> resumption) {
  auto server = TlsServer::load(settings, std::move(resumption));
  EXPECT_TRUE(server) << server.error();
  return server ? *server : nullptr;
}

TlsPeer::TlsPeer(RawSocket socket, SslContextPtr context)
    : socket_(std::move(socket)), context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  const timeval patience{std::chrono::seconds(kPatience).count(), 0};
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  SSL_set_fd(ssl_.get(), socket_.fd());
}

TlsPeer TlsPeer::client(RawSocket socket, const Wish& wish) {
  TlsPeer peer(std::move(socket), SslContextPtr(SSL_CTX_new(TLS_client_method())));
  SSL* const ssl = peer.ssl_.get();
  if (wish.version != 0) {
    SSL_set_min_proto_version(ssl, wish.version);
    SSL_set_max_proto_version(ssl, wish.version);
  }
  if (!wish.ciphers.empty()) SSL_set_cipher_list(ssl, wish.ciphers.c_str());
  if (!wish.server_name.empty()) SSL_set_tlsext_host_name(ssl, wish.server_name.c_str());
  if (!wish.tickets) SSL_set_options(ssl, SSL_OP_NO_TICKET);
  if (wish.session != nullptr) SSL_set_session(ssl, wish.session);
  if (wish.certificate != nullptr) {
    SSL_use_certificate_file(ssl, wish.certificate->certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_use_PrivateKey_file(ssl, wish.certificate->key.c_str(), SSL_FILETYPE_PEM);
  }
  if (!wish.protocols.empty()) {
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(wish.protocols.data()),
                        static_cast<unsigned int>(wish.protocols.size()));
  }
  SSL_set_connect_state(ssl);
  return peer;
}

SslContextPtr worker_context(const CertificateFiles& files) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate_file(context.get(), files.certificate.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  return context;
}

TlsPeer TlsPeer::worker(RawSocket socket, SSL_CTX* context) {
  SSL_CTX_up_ref(context);
  TlsPeer peer(std::move(socket), SslContextPtr(context));
  SSL_set_accept_state(peer.ssl_.get());
  return peer;
}

std::string TlsPeer::shake_hands() {
  ERR_clear_error();
  return SSL_do_handshake(ssl_.get()) == 1 ? "" : take_tls_error("closed");
}

std::string TlsPeer::ask(std::string_view request) {
  ERR_clear_error();
  SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size()));
  char bytes[4096];
  const int size = SSL_read(ssl_.get(), bytes, sizeof bytes);
  if (size > 0) return {bytes, static_cast<std::size_t>(size)};
  return take_tls_error("closed");
}

void TlsPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t size = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size) != 1) return;
    bytes.remove_prefix(size);
  }
}

bool TlsPeer::fill() {
  ERR_clear_error();
  char bytes[16384];
  const int size = SSL_read(ssl_.get(), bytes, static_cast<int>(read_max_));
  if (size > 0) {
    unread_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  const int why = SSL_get_error(ssl_.get(), size);
  ended_ = why == SSL_ERROR_ZERO_RETURN;
  if (why == SSL_ERROR_WANT_READ)
    ADD_FAILURE() << "nothing came; so far: " << unread_.substr(0, 300);
  return false;
}

std::string TlsPeer::receive_all() {
  while (fill()) {
  }
  return std::exchange(unread_, {}) + (ended_ ? "" : "(cut)");
}

std::string TlsPeer::certificate_name() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? "" : name_text(X509_get_subject_name(certificate));
}

std::string TlsPeer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsPeer::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

}  // namespace foretide::balancer
