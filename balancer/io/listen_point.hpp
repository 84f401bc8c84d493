// Where clients are listened for, and how they are met there: a value that the settings give and
// every connection's session can look at.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/address.hpp"

namespace foretide::balancer {

struct ListenPoint {
  enum class Security : std::uint8_t { kPlain, kTls };

  Address address;
  Security security = Security::kPlain;

  // The settings key that it comes from, for messages.
  std::string_view key() const {
    return security == Security::kTls ? "listen.tls.addresses" : "listen.traffic";
  }
};

}  // namespace foretide::balancer
