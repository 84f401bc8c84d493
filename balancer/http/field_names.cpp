#include "balancer/http/field_names.hpp"

#include <algorithm>
#include <array>

#include "balancer/http/field_rules.hpp"

namespace foretide::balancer {
namespace {

// `name` if it is `word`, else kOther.
FieldName if_same(std::string_view name, std::string_view word, FieldName meaning) {
  return same_word(name, word) ? meaning : FieldName::kOther;
}

bool begins_with(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() && same_word(name.substr(0, prefix.size()), prefix);
}

}  // namespace

FieldName field_named(std::string_view name) {
  const char first = static_cast<char>(name[0] | 0x20);
  if (first == 'x') {
    if (name.size() == 12 && same_word(name, "x-request-id")) return FieldName::kTrace;
    if (begins_with(name, "x-forwarded-")) return FieldName::kForwarded;
    const bool certificate = begins_with(name, "x-ssl-client-");
    return certificate ? FieldName::kClientCertificate : FieldName::kOther;
  }
  switch (name.size()) {
    case 2:
      return if_same(name, "te", FieldName::kOneConnection);
    case 4:
      if (first == 'h') return if_same(name, "host", FieldName::kHost);
      return if_same(name, "date", FieldName::kDate);
    case 6:
      return if_same(name, "expect", FieldName::kExpect);
    case 7:
      if (first == 'u') return if_same(name, "upgrade", FieldName::kUpgrade);
      return if_same(name, "trailer", FieldName::kOneConnection);
    case 9:
      return if_same(name, "forwarded", FieldName::kForwarded);
    case 10:
      if (first == 'c') return if_same(name, "connection", FieldName::kConnection);
      if (first == 't') return if_same(name, "tracestate", FieldName::kTrace);
      return if_same(name, "keep-alive", FieldName::kOneConnection);
    case 11:
      return if_same(name, "traceparent", FieldName::kTrace);
    case 12:
      return if_same(name, "max-forwards", FieldName::kMaxForwards);
    case 14:
      return if_same(name, "content-length", FieldName::kContentLength);
    case 16:
      return if_same(name, "proxy-connection", FieldName::kOneConnection);
    case 17:
      return if_same(name, "transfer-encoding", FieldName::kTransferEncoding);
    case 18:
      return if_same(name, "proxy-authenticate", FieldName::kOneConnection);
    case 19:
      return if_same(name, "proxy-authorization", FieldName::kOneConnection);
    default:
      return FieldName::kOther;
  }
}

FieldName underscored_field_named(std::string_view name) {
  std::array<char, 64> dashed;  // longer than any that means something
  const auto size = std::min(name.size(), dashed.size());
  std::replace_copy(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(size), dashed.begin(),
                    '_', '-');
  const bool means_something = field_named({dashed.data(), size}) != FieldName::kOther;
  return means_something ? FieldName::kUnderscored : FieldName::kOther;
}

}  // namespace foretide::balancer
