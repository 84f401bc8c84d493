// `listen.tls` and a service's `tls`: what they say, and what is wrong with them.
#include <gtest/gtest.h>

#include "common/settings/cluster_file.hpp"

namespace foretide {
namespace {

Result<ClusterSettings> with_listen(const std::string& listen) {
  return parse_cluster("version: 1\nlisten: {" + listen + "}\nservices: {web: {command: a}}\n",
                       "f");
}

std::string trouble_with(const std::string& tls) {
  const auto read = with_listen(
      "tls: {addresses: [\"h:443\"], certificates: [{certificate: c, key: k}], " + tls + "}");
  return read ? "" : read.error();
}

TEST(ListenTls, IsReadWhole) {
  const auto read = with_listen(
      "traffic: [], tls: {addresses: [\"0.0.0.0:443\", \"[::]:443\"], min_version: 1.3, "
      "certificates: [{certificate: a.pem, key: a.key}, {certificate: b.pem, key: b.key}], "
      "clients: {ca: ca.pem, required: false}, http2: false}");
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->listen.traffic.empty());
  EXPECT_EQ(read->listen.tls,
            (TlsSettings{.addresses = {{"0.0.0.0", 443}, {"::", 443}},
                         .certificates = {{"a.pem", "a.key"}, {"b.pem", "b.key"}},
                         .min_version = TlsSettings::Version::k13,
                         .clients = TlsClients{.ca = "ca.pem", .required = false},
                         .http2 = false}));
}

TEST(ListenTls, ListensBesideTheDefault) {
  const auto read =
      with_listen("tls: {addresses: \"h:443\", certificates: [{certificate: c, key: k}]}");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->listen.traffic, (std::vector<Address>{{"0.0.0.0", 8080}}));
  EXPECT_EQ(read->listen.tls->min_version, TlsSettings::Version::k12);
  EXPECT_FALSE(read->listen.tls->clients);
}

TEST(ListenTls, TellsWhatIsWrong) {
  EXPECT_EQ(trouble_with("min_version: 1.1"),
            "f:2:93: 'min_version' is '1.1', wants one of 1.2, 1.3");
  EXPECT_EQ(trouble_with("clients: {required: false}"),
            "f:2:89: 'ca' is missing, name the PEM file with whose certificates clients must show");
  EXPECT_EQ(trouble_with("clients: {ca: x, required: perhaps}"),
            "f:2:107: 'required' is 'perhaps', wants true or false");
  EXPECT_EQ(trouble_with("clients: {ca: x, required: \"true\"}"),
            "f:2:107: 'required' is 'true' in quotes, wants true or false");
  EXPECT_EQ(trouble_with("cyphers: x"),
            "f:2:80: unknown key 'cyphers' in 'tls', known here: addresses, certificates, "
            "min_version, clients, http2");
  const auto listed = [](const std::string& certificates) {
    return with_listen("tls: {addresses: \"h:1\", certificates: " + certificates + "}").error();
  };
  EXPECT_EQ(listed("[]"),
            "f:2:48: 'certificates' is an empty list, wants a list of {certificate: FILE, key: "
            "FILE}");
  EXPECT_EQ(listed("a.pem"),
            "f:2:48: 'certificates' is 'a.pem', wants a list of {certificate: FILE, key: FILE}");
  EXPECT_EQ(listed("[{certificate: a}]"),
            "f:2:49: 'key' is missing, name the PEM file with the certificate's private key");
  EXPECT_EQ(listed("[a.pem]"),
            "f:2:49: 'certificates' is 'a.pem', wants a map with some of: certificate, key");
  EXPECT_EQ(listed("[{certificate: \"\", key: b}]"),
            "f:2:50: 'certificate' is empty, wants a path");
}

TEST(ListenTls, WantsAddressesOfItsOwn) {
  const auto read = with_listen(
      "traffic: \"0.0.0.0:443\", tls: {addresses: [\"127.0.0.1:443\"], certificates: "
      "[{certificate: c, key: k}]}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(),
            "f:2:52: 'tls.addresses' listens on 127.0.0.1:443, which 'traffic' takes already "
            "(0.0.0.0:443), give each its own port");
  EXPECT_FALSE(with_listen("traffic: []")) << "nothing would be listened on";
}

Result<ClusterSettings> with_service(const std::string& keys) {
  return parse_cluster("version: 1\nservices:\n  web: {" + keys + "}\n", "f");
}

TEST(ServiceTls, IsForUpstreamsAndForWorkers) {
  const auto upstreams = with_service("upstreams: [\"h:443\"], tls: {}");
  ASSERT_TRUE(upstreams) << upstreams.error();
  EXPECT_EQ(upstreams->services[0].traffic.tls,
            (wire::UpstreamTls{.ca = "", .server_name = "", .verify = true}));
  const auto workers =
      with_service("command: a, tls: {ca: /ca.pem, server_name: web.lan, verify: true}");
  ASSERT_TRUE(workers) << workers.error();
  EXPECT_EQ(workers->services[0].traffic.tls,
            (wire::UpstreamTls{.ca = "/ca.pem", .server_name = "web.lan", .verify = true}));
  EXPECT_FALSE(with_service("command: a")->services[0].traffic.tls);
}

TEST(ServiceTls, TellsWhatIsWrong) {
  EXPECT_EQ(with_service("command: a, tls: {server_name: \"h:443\"}").error(),
            "f:3:27: 'server_name' is 'h:443', wants a host's name, without a port");
  EXPECT_EQ(with_service("command: a, tls: {verify: false, ca: x}").error(),
            "f:3:42: 'ca' means nothing with 'verify: false', remove one of them");
  EXPECT_EQ(with_service("command: a, tls: true").error(),
            "f:3:26: 'tls' is 'true', wants a map with some of: ca, server_name, verify");
  EXPECT_EQ(with_service("command: a, tls: {}, probe: {start: {http: /}}").error(),
            "f:3:30: 'probe' asks by http, which a worker that speaks TLS does not hear, use "
            "start: {tcp: true}");
}

}  // namespace
}  // namespace foretide
