#include "coordinator/io/preview_json.hpp"

#include <string>

namespace foretide::coordinator {
namespace {

using Json = nlohmann::ordered_json;

const char* word_for(ServiceChange::Kind kind) {
  switch (kind) {
    case ServiceChange::Kind::kAdded:
      return "added";
    case ServiceChange::Kind::kRemoved:
      return "removed";
    case ServiceChange::Kind::kChanged:
      break;
  }
  return "changed";
}

Json json_for(const SettingChange& change) {
  const auto shown = [&](const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
  };
  return {{"key", change.key},
          {"from", shown(change.from)},
          {"to", shown(change.to)},
          {"secret", change.is_secret},
          {"item", change.is_item},
          {"effect", std::string(settings::name_of(change.effect))},
          {"means", std::string(settings::told(change.effect))}};
}

Json json_for(const std::vector<SettingChange>& changes) {
  Json list = Json::array();
  for (const SettingChange& change : changes) list.push_back(json_for(change));
  return list;
}

Json json_for(const std::optional<WorkersAhead>& workers) {
  if (!workers) return nullptr;
  const auto& least = workers->may_fall_to;
  return {{"running", workers->running}, {"now", workers->now},
          {"then", workers->then},       {"replaced", workers->replaced},
          {"ended", workers->ended},     {"may_fall_to", least ? Json(*least) : Json(nullptr)}};
}

}  // namespace

Json json_for(const Preview& preview) {
  Json services = Json::array();
  for (const ServicePreview& service : preview.services) {
    services.push_back({{"service", service.change.service.text},
                        {"what", word_for(service.change.kind)},
                        {"changes", json_for(service.change.changes)},
                        {"workers", json_for(service.workers)}});
  }
  return {{"changed", !preview.is_empty()},
          {"restart", preview.wants_restart},
          {"cluster", json_for(preview.cluster)},
          {"services", std::move(services)}};
}

}  // namespace foretide::coordinator
