#include "coordinator/io/moments_json.hpp"

#include <charconv>

#include "common/text_codes.hpp"

namespace foretide::coordinator {

Result<std::int64_t> moments_after_in(const std::map<std::string, std::string>& query) {
  const auto asked = query.find("after");
  if (asked == query.end()) return std::int64_t{0};
  const std::string& text = asked->second;
  std::int64_t id = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (problem != std::errc() || end != text.data() + text.size() || id < 0) {
    return Error{"after is '" + text + "', wants the number that the answer before gave as next"};
  }
  return id;
}

Json moments_json(const ServiceId& service, const std::vector<KeptMoments>& moments) {
  Json list = Json::array();
  for (const KeptMoments& kept : moments) {
    list.push_back({{"life", kept.chunk.life},
                    {"number", kept.chunk.number},
                    {"begin_ms", kept.chunk.begin},
                    {"version", kept.version},
                    {"bytes", base64url_encoded(kept.chunk.bytes)}});
  }
  const bool is_last = moments.empty() || moments.back().id == 0;
  return {{"service", service.text},
          {"moments", std::move(list)},
          {"next", is_last ? Json(nullptr) : Json(moments.back().id)}};
}

}  // namespace foretide::coordinator
