// What is different between two cluster files, in people's terms: which services come and go, which
// keys get another value, and what each of these does once the coordinator takes the new file in.
//
// Settings are compared, not texts: a default that is written out, a comment or another order of
// services is no change. The values are those that settings come to, so that one key may move
// another (`capacity.hard` moves a `soft` that is left out). Of what may be a secret it is said
// that it changes, never to what.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/settings/cluster.hpp"
#include "common/settings/key_effects.hpp"

namespace foretide {

struct SettingChange {
  std::string key;  // "listen.admin"; of a service without its name: "scale.min"
  std::optional<std::string> from, to;  // absent: not given there
  bool is_secret = false;               // the texts are left empty
  bool is_item = false;                 // one of several under this key comes or goes
  settings::Effect effect = settings::Effect::kLive;
  friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

struct ServiceChange {
  enum class Kind { kAdded, kRemoved, kChanged };
  ServiceId service;
  Kind kind = Kind::kChanged;
  std::vector<SettingChange> changes;  // of kChanged only
  friend bool operator==(const ServiceChange&, const ServiceChange&) = default;
};

struct ClusterChanges {
  std::vector<SettingChange> cluster;   // outside of `services`
  std::vector<ServiceChange> services;  // in the new file's order, then those that are removed
  bool empty() const { return cluster.empty() && services.empty(); }
  bool want_restart() const;
};

ClusterChanges changes_for(const ClusterSettings& before, const ClusterSettings& after);

}  // namespace foretide
