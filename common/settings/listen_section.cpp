#include "common/settings/listen_section.hpp"

#include <string>
#include <utility>
#include <vector>

#include "common/settings/cluster_keys.hpp"
#include "common/settings/tls_section.hpp"

namespace foretide::settings {

namespace {

struct Taken {
  std::string_view key;
  Address address;
  Position at;
};

bool is_wildcard(const Address& address) {
  return address.host == "0.0.0.0" || address.host == "::";
}

bool collide(const Address& a, const Address& b) {
  if (a.is_unix()) return a == b;
  if (a.port == 0 || a.port != b.port) return false;
  const bool same_family =
      (a.host.find(':') == std::string::npos) == (b.host.find(':') == std::string::npos);
  return a.host == b.host || (same_family && (is_wildcard(a) || is_wildcard(b)));
}

void refuse_collisions(const std::vector<Taken>& taken, Problems& problems) {
  for (std::size_t i = 0; i < taken.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!collide(taken[i].address, taken[j].address)) continue;
      const auto& [first, second] =
          taken[i].at < taken[j].at ? std::pair(taken[i], taken[j]) : std::pair(taken[j], taken[i]);
      problems.add(second.at, "'" + std::string(second.key) + "' listens on " +
                                  second.address.text() + ", which '" + std::string(first.key) +
                                  "' takes already (" + first.address.text() +
                                  "), give each its own " +
                                  (second.address.is_unix() ? "path" : "port"));
      break;
    }
  }
}

// Reads the addresses one after the other and remembers where each was given. A default counts as
// taken too (`traffic: "0.0.0.0:7400"` meets the admin API's own port) and stands where the section
// begins.
class Reader {
 public:
  explicit Reader(const Section& listen) : listen_(listen) {}

  const std::vector<Taken>& taken() const { return taken_; }

  // Who listens for TLS need not listen for anything else.
  std::vector<Address> traffic(const std::vector<Address>& otherwise) {
    const auto* given = listen_.entry("traffic");
    const bool none = given != nullptr && given->value.kind == YamlNode::Kind::kList &&
                      given->value.items.empty();
    if (none && listen_.has("tls")) return {};
    auto addresses = take(listen_, "traffic", "traffic");
    if (!addresses.empty()) return addresses;
    for (const auto& address : otherwise) taken_.push_back({"traffic", address, listen_.at()});
    return otherwise;
  }

  std::optional<TlsSettings> tls() {
    const auto section = listen_.section("tls", keys::kTls);
    if (!section) return std::nullopt;
    TlsSettings settings = tls_in(*section);
    section->require("addresses", "write for example addresses: [\"0.0.0.0:8443\"]");
    settings.addresses = take(*section, "addresses", "tls.addresses");
    return settings;
  }

  Address one(std::string_view key, const Address& otherwise) {
    const auto found = listen_.address(key, AddressUse::kListen);
    taken_.push_back({key, found.value_or(otherwise), found ? position(key) : listen_.at()});
    return taken_.back().address;
  }

  Address admin(std::string_view key, const Address& otherwise) {
    Address address = one(key, otherwise);
    if (address.is_loopback()) return address;
    listen_.problems().add(position(key), "'" + std::string(key) + "' is " + address.text() +
                                              ", but without TLS (not built yet) it stays on "
                                              "loopback, use 127.0.0.1:" +
                                              std::to_string(address.port));
    return address;
  }

 private:
  Position position(std::string_view key) const { return listen_.entry(key)->value.at; }

  std::vector<Address> take(const Section& section, std::string_view key,
                            std::string_view told_as) {
    std::vector<Address> addresses;
    for (const auto& [address, at] : section.addresses(key, AddressUse::kServe)) {
      addresses.push_back(address);
      taken_.push_back({told_as, address, at});
    }
    return addresses;
  }

  const Section& listen_;
  std::vector<Taken> taken_;
};

}  // namespace

ListenSettings listen_in(const Section& listen) {
  const ListenSettings defaults;
  Reader reader(listen);
  ListenSettings settings{.traffic = reader.traffic(defaults.traffic),
                          .tls = reader.tls(),
                          .admin = reader.admin("admin", defaults.admin),
                          .balancer_admin = reader.admin("balancer_admin", defaults.balancer_admin),
                          .control = reader.one("control", defaults.control),
                          .telemetry = reader.one("telemetry", defaults.telemetry)};
  refuse_collisions(reader.taken(), listen.problems());
  return settings;
}

BalancerListen balancer_listen_in(const Section& listen) {
  const ListenSettings defaults;
  Reader reader(listen);
  BalancerListen settings{.traffic = reader.traffic(defaults.traffic),
                          .tls = reader.tls(),
                          .admin = reader.admin("balancer_admin", defaults.balancer_admin)};
  refuse_collisions(reader.taken(), listen.problems());
  return settings;
}

}  // namespace foretide::settings
