#include "common/settings/tls_section.hpp"

#include <algorithm>
#include <array>

#include "common/settings/cluster_keys.hpp"

namespace foretide::settings {

namespace {

constexpr std::size_t kCertificatesMost = 1'000;
constexpr std::array<std::string_view, 2> kVersions{"1.2", "1.3"};
constexpr std::array<TlsSettings::Version, 2> kVersionValues{TlsSettings::Version::k12,
                                                             TlsSettings::Version::k13};

bool is_host_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), fits);
}

std::string path_in(const Section& section, std::string_view key) {
  const auto path = section.text(key);
  if (path && path->empty()) {
    section.report(key, "'" + std::string(key) + "' is empty, wants a path");
  }
  return path.value_or("");
}

std::vector<CertificateFiles> certificates_in(const Section& tls) {
  std::vector<CertificateFiles> certificates;
  if (!tls.require("certificates",
                   "write for example certificates: [{certificate: "
                   "/etc/foretide/site.pem, key: /etc/foretide/site.key}]")) {
    return certificates;
  }
  const YamlNode& list = tls.entry("certificates")->value;
  if (list.kind != YamlNode::Kind::kList || list.items.empty()) {
    tls.problems().add(list.at, "'certificates' is " +
                                    (list.items.empty() && list.kind == YamlNode::Kind::kList
                                         ? std::string("an empty list")
                                         : shown(list)) +
                                    ", wants a list of {certificate: FILE, key: FILE}");
    return certificates;
  }
  if (list.items.size() > kCertificatesMost) {
    tls.problems().add(list.items[kCertificatesMost].at,
                       "a certificate too many, " + std::to_string(kCertificatesMost) + " at most");
  }
  for (const auto& item : list.items) {
    const Section pair(item, "certificates", keys::kCertificate, tls.problems());
    if (item.kind != YamlNode::Kind::kMap) continue;  // told already
    pair.require("certificate", "name the PEM file with the certificate and those above it");
    pair.require("key", "name the PEM file with the certificate's private key");
    certificates.push_back({path_in(pair, "certificate"), path_in(pair, "key")});
  }
  return certificates;
}

}  // namespace

TlsSettings tls_in(const Section& tls) {
  TlsSettings settings;
  settings.certificates = certificates_in(tls);
  if (const auto at = tls.choice("min_version", kVersions)) {
    settings.min_version = kVersionValues[*at];
  }
  settings.http2 = tls.flag("http2").value_or(true);
  if (const auto clients = tls.section("clients", keys::kTlsClients)) {
    clients->require("ca", "name the PEM file with whose certificates clients must show");
    settings.clients = TlsClients{path_in(*clients, "ca"), true};
    settings.clients->required = clients->flag("required").value_or(true);
  }
  return settings;
}

wire::UpstreamTls upstream_tls_in(const Section& tls) {
  wire::UpstreamTls settings;
  settings.ca = path_in(tls, "ca");
  settings.server_name = tls.text("server_name").value_or("");
  if (tls.has("server_name") && !is_host_name(settings.server_name)) {
    tls.report("server_name", "'server_name' is '" + settings.server_name +
                                  "', wants a host's name, without a port");
  }
  settings.verify = tls.flag("verify").value_or(true);
  if (!settings.verify && !settings.ca.empty()) {
    tls.report("ca", "'ca' means nothing with 'verify: false', remove one of them");
  }
  return settings;
}

}  // namespace foretide::settings
