#include "balancer/http/field_names.hpp"

#include "balancer/http/field_rules.hpp"

namespace foretide::balancer {
namespace {

// `name` if it is `word`, else kOther.
FieldName if_same(std::string_view name, std::string_view word, FieldName meaning) {
  return same_word(name, word) ? meaning : FieldName::kOther;
}

// One written with "_" looks the same to many a worker.
bool is_of_client_certificate(std::string_view name) {
  constexpr std::string_view kPrefix = "x-ssl-client-";
  if (name.size() < kPrefix.size()) return false;
  for (std::size_t i = 0; i < kPrefix.size(); ++i) {
    const char c = name[i] == '_' ? '-' : static_cast<char>(name[i] | 0x20);
    if (c != kPrefix[i]) return false;
  }
  return true;
}

}  // namespace

FieldName field_named(std::string_view name) {
  constexpr std::string_view kXForwarded = "x-forwarded-";
  const char first = static_cast<char>(name[0] | 0x20);
  if (first == 'x') {
    if (name.size() == 12 && same_word(name, "x-request-id")) return FieldName::kTrace;
    const bool forwarded = name.size() > kXForwarded.size() &&
                           same_word(name.substr(0, kXForwarded.size()), kXForwarded);
    if (forwarded) return FieldName::kForwarded;
    return is_of_client_certificate(name) ? FieldName::kClientCertificate : FieldName::kOther;
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

}  // namespace foretide::balancer
