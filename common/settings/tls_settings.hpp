// How clients are met that speak TLS, as a settings file says it. Files are named here and read by
// the balancer, at its start and at every reload.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"

namespace foretide {

struct CertificateFiles {
  std::string certificate;  // PEM: the server's own first, then those between it and the root
  std::string key;
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

struct TlsClients {
  std::string ca;  // PEM: whose certificates clients are to show
  bool required = true;
  friend bool operator==(const TlsClients&, const TlsClients&) = default;
};

struct TlsSettings {
  enum class Version : std::uint8_t { k12, k13 };

  std::vector<Address> addresses;
  std::vector<CertificateFiles> certificates;  // the first serves names that no other has
  Version min_version = Version::k12;
  std::optional<TlsClients> clients;  // absent: they are not asked
  bool http2 = true;                  // offered beside HTTP/1.1
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

}  // namespace foretide
