// What checked settings say, key by key, as a file would write it: so that two files can be
// compared as people read them. {"scale.min", "1"}, {"queue.wait", "30s"}.
//
// A key with a default always has a value; one without is missing where it is not given. Lists
// whose order means nothing have one value for each item. What may be a secret (an environment
// variable, a header to set) is there to be compared, and marked so that nobody prints it;
// references such as ${file:...} are none.
#pragma once

#include <string>
#include <vector>

#include "common/settings/cluster.hpp"

namespace foretide::settings {

struct SettingValue {
  enum class Kind {
    kOne,
    kItem,    // one of several under the same key
    kSecret,  // text is not for people
    kMap,     // means something by being there; the keys below it ("tls.ca") have their own values
  };
  std::string key;
  std::string text;
  Kind kind = Kind::kOne;
  friend bool operator==(const SettingValue&, const SettingValue&) = default;
};

// Everything but services: "cluster", "listen.admin", ...
std::vector<SettingValue> values_of(const ClusterSettings& cluster);
// Whole paths, of a service with workers: "command", "scale.min", ...
std::vector<SettingValue> values_of_workers(const ServiceSettings& service);
// Of any service: "match", "upstreams", "queue.wait", ...
std::vector<SettingValue> values_of_traffic(const ServiceSettings& service);

// "api.example.org /v1 X-Tenant: lab"
std::string match_text(const wire::Match& match);

}  // namespace foretide::settings
