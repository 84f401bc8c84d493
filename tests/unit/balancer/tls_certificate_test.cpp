// Certificates as people give them: what is refused, in which words, and what is only warned of.
#include <gmock/gmock.h>
#include <openssl/pem.h>

#include "balancer/io/tls_certificate.hpp"
#include "common/io/clock.hpp"
#include "tests/unit/balancer/tls_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Certificates : public testing::Test {
 protected:
  std::string trouble_with(const CertificateFiles& files) {
    const auto read = read_certificate(files);
    return read ? "" : read.error();
  }
  TestAuthority authority;
  CertificateFiles good = authority.issue({.common_name = "good", .names = {"good.example"}});
};

TEST_F(Certificates, TellTheirNames) {
  const auto both = read_certificate(
      authority.issue({.common_name = "cn", .names = {"a.example", "*.b.example"}}));
  ASSERT_TRUE(both) << both.error();
  EXPECT_THAT(both->names, ElementsAre("a.example", "*.b.example"));
  const auto old = read_certificate(authority.issue({.common_name = "only.example"}));
  EXPECT_THAT(old->names, ElementsAre("only.example"));
}

TEST_F(Certificates, BringTheirChain) {
  const auto chained = authority.write(
      "chain.pem", text_of_file(good.certificate) + text_of_file(authority.ca_file()));
  const auto read = read_certificate({chained, good.key});
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->chain.size(), 1u);
}

TEST_F(Certificates, ThatCannotServeAreRefusedByFile) {
  const auto other = authority.issue({.common_name = "other"});
  EXPECT_THAT(trouble_with({"/nowhere/x.pem", good.key}),
              StartsWith("/nowhere/x.pem: cannot be read: No such file"));
  EXPECT_THAT(trouble_with({good.certificate, other.key}),
              StartsWith(other.key + ": is not the private key of the first certificate in " +
                         good.certificate));
  const auto garbage = authority.write("garbage.pem", "not a certificate\n");
  EXPECT_THAT(trouble_with({garbage, good.key}), StartsWith(garbage + ": holds no certificate"));
  EXPECT_THAT(trouble_with({good.certificate, garbage}),
              StartsWith(garbage + ": holds no private key"));
  const std::string whole = text_of_file(good.certificate);
  const auto broken = authority.write("broken.pem", whole.substr(0, 80) + "!!" + whole.substr(80));
  EXPECT_THAT(trouble_with({broken, good.key}), StartsWith(broken + ": is not a PEM file"));
  const auto wrong_way = authority.write(
      "wrong.pem", text_of_file(authority.ca_file()) + text_of_file(good.certificate));
  EXPECT_THAT(trouble_with({wrong_way, good.key}), HasSubstr("the server's own comes first"));
}

TEST_F(Certificates, WithALockedKeyAreRefusedWithoutAskingATerminal) {
  const BioPtr plain(BIO_new_file(good.key.c_str(), "r"));
  const KeyPtr key(PEM_read_bio_PrivateKey(plain.get(), nullptr, nullptr, nullptr));
  const std::string locked = authority.write("locked.key", "");
  {
    const BioPtr file(BIO_new_file(locked.c_str(), "w"));
    unsigned char secret[] = "secret";
    PEM_write_bio_PrivateKey(file.get(), key.get(), EVP_aes_128_cbc(), secret, 6, nullptr, nullptr);
  }
  EXPECT_THAT(trouble_with({good.certificate, locked}), HasSubstr("passphrase"));
}

TEST_F(Certificates, WarnOfTheirAge) {
  const auto warning_of = [&](std::chrono::hours since, std::chrono::hours until) {
    const auto read = read_certificate(authority.issue({.since = since, .until = until}));
    return age_warning(*read, wall_now());
  };
  using std::chrono::hours;
  EXPECT_THAT(warning_of(hours(-48), hours(24 * 30)), IsEmpty());
  EXPECT_THAT(warning_of(hours(-48), hours(-24)), HasSubstr("expired on 2"));
  EXPECT_THAT(warning_of(hours(24), hours(48)), HasSubstr("is good from 2"));
  EXPECT_THAT(warning_of(hours(-48), hours(24 * 13)), HasSubstr("expires on 2"));
}

TEST_F(Certificates, ThatShareANameAreWarnedOf) {
  const auto again = authority.issue({.names = {"good.example", "more.example"}});
  const auto server = loaded(tls_for({good, again}), std::make_shared<TlsResumption>());
  EXPECT_THAT(server->warnings(), ElementsAre(HasSubstr("good.example is served by")));
}

TEST_F(Certificates, OfOneServerAreLoadedAllOrNone) {
  const auto server = TlsServer::load(tls_for({good, {"/nowhere/x.pem", good.key}}),
                                      std::make_shared<TlsResumption>());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error(), StartsWith("listen.tls: /nowhere/x.pem: cannot be read"));
  auto asking = tls_for({good});
  asking.clients = TlsClients{"/nowhere/ca.pem", true};
  const auto with_clients = TlsServer::load(asking, std::make_shared<TlsResumption>());
  ASSERT_FALSE(with_clients);
  EXPECT_THAT(with_clients.error(), HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace foretide::balancer
