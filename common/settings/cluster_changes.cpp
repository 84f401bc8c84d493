#include "common/settings/cluster_changes.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "common/settings/setting_values.hpp"

namespace foretide {
namespace {

using settings::Effect;
using settings::SettingValue;
using settings::values_of_traffic;
using settings::values_of_workers;
using Kind = SettingValue::Kind;
using Values = std::vector<SettingValue>;
// Under the key, for an item under the key and its text.
using Index = std::map<std::pair<std::string, std::string>, const SettingValue*>;

const std::string kOfService = "services.NAME.";

std::pair<std::string, std::string> place_of(const SettingValue& value) {
  return {value.key, value.kind == Kind::kItem ? value.text : std::string()};
}

Index index_of(const Values& values) {
  Index index;
  for (const SettingValue& value : values) index.emplace(place_of(value), &value);
  return index;
}

const SettingValue* find(const Index& index, const SettingValue& value) {
  const auto found = index.find(place_of(value));
  return found == index.end() ? nullptr : found->second;
}

// Within a map that only one side has nothing is told of its keys: the map itself is the change.
bool stands_in_new_map(const std::string& key, const Index& here, const Index& there) {
  for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    const auto map = here.find({key.substr(0, dot), ""});
    if (map != here.end() && map->second->kind == Kind::kMap && !there.contains(map->first)) {
      return true;
    }
  }
  return false;
}

SettingChange change_of(const SettingValue* from, const SettingValue* to,
                        const std::string& prefix) {
  SettingChange change{.key = from != nullptr ? from->key : to->key};
  // Every key has one, as a test of them all makes sure; a restart does for any.
  change.effect = settings::effect_of(prefix + change.key).value_or(Effect::kRestart);
  // What comes takes nothing away.
  if (change.effect == Effect::kDrain && from == nullptr) change.effect = Effect::kLive;
  change.is_item = (from != nullptr ? from : to)->kind == Kind::kItem;
  if (from != nullptr) change.from = from->text;
  if (to != nullptr) change.to = to->text;
  for (const SettingValue* value : {from, to}) {
    if (value == nullptr || value->kind != Kind::kSecret) continue;
    change.is_secret = true;
    (value == from ? change.from : change.to) = "";
  }
  return change;
}

// `prefix` is what comes before the keys in the table of effects.
std::vector<SettingChange> changes_in(const Values& before, const Values& after,
                                      const std::string& prefix) {
  const Index old_values = index_of(before), new_values = index_of(after);
  std::vector<SettingChange> changes;
  for (const SettingValue& from : before) {
    const SettingValue* to = find(new_values, from);
    const bool is_same = to != nullptr && (to->text == from.text || from.kind == Kind::kMap);
    if (is_same || stands_in_new_map(from.key, old_values, new_values)) continue;
    changes.push_back(change_of(&from, to, prefix));
  }
  for (const SettingValue& to : after) {
    if (find(old_values, to) != nullptr) continue;
    if (stands_in_new_map(to.key, new_values, old_values)) continue;
    changes.push_back(change_of(nullptr, &to, prefix));
  }
  return changes;
}

void append(Values& values, Values more) {
  values.insert(values.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

// From workers to upstreams or back: what is for workers only comes or goes with `command`.
std::vector<SettingChange> changes_of_kind(const ServiceSettings& before,
                                           const ServiceSettings& after) {
  const auto values = [](const ServiceSettings& service) {
    Values all;
    if (service.upstreams.empty()) all.push_back(values_of_workers(service).front());
    append(all, values_of_traffic(service));
    return all;
  };
  auto changes = changes_in(values(before), values(after), kOfService);
  for (SettingChange& change : changes) {
    if (change.key == "command") change.effect = change.to ? Effect::kLive : Effect::kDrain;
  }
  return changes;
}

std::vector<SettingChange> changes_of(const ServiceSettings& before, const ServiceSettings& after) {
  if (before.upstreams.empty() != after.upstreams.empty()) return changes_of_kind(before, after);
  Values from, to;
  if (before.upstreams.empty()) {
    from = values_of_workers(before);
    to = values_of_workers(after);
  }
  append(from, values_of_traffic(before));
  append(to, values_of_traffic(after));
  return changes_in(from, to, kOfService);
}

const ServiceSettings* named(const std::vector<ServiceSettings>& services, const ServiceId& id) {
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&](const auto& service) { return service.id == id; });
  return found == services.end() ? nullptr : &*found;
}

}  // namespace

bool ClusterChanges::want_restart() const {
  return std::any_of(cluster.begin(), cluster.end(), [](const SettingChange& change) {
    return settings::wants_restart(change.effect);
  });
}

ClusterChanges changes_for(const ClusterSettings& before, const ClusterSettings& after) {
  ClusterChanges changes;
  changes.cluster = changes_in(settings::values_of(before), settings::values_of(after), "");
  for (const ServiceSettings& service : after.services) {
    const ServiceSettings* old = named(before.services, service.id);
    if (old == nullptr) {
      changes.services.push_back({service.id, ServiceChange::Kind::kAdded, {}});
    } else if (auto found = changes_of(*old, service); !found.empty()) {
      changes.services.push_back({service.id, ServiceChange::Kind::kChanged, std::move(found)});
    }
  }
  for (const ServiceSettings& service : before.services) {
    if (named(after.services, service.id) != nullptr) continue;
    changes.services.push_back({service.id, ServiceChange::Kind::kRemoved, {}});
  }
  return changes;
}

}  // namespace foretide
