#include "balancer/http/field_names.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace foretide::balancer {
namespace {

// As many bytes as `Word` has, letters in lower case.
template <class Word>
Word lower_at(const char* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word | static_cast<Word>(0x2020202020202020);
}

// `word` is made of small letters and '-', and `name` of what a token may hold: then two bytes are
// the same letter exactly if they are equal once their bit 0x20 is set. `name` is as long, or
// longer. Longer words overlap themselves.
template <std::size_t Size>
bool begins_with(std::string_view name, const char (&word)[Size]) {
  constexpr std::size_t kSize = Size - 1;
  using Word = std::conditional_t<kSize >= 8, std::uint64_t,
                                  std::conditional_t<kSize >= 4, std::uint32_t, std::uint16_t>>;
  constexpr std::size_t kLast = kSize - sizeof(Word);
  for (std::size_t i = 0; i < kLast; i += sizeof(Word)) {
    if (lower_at<Word>(name.data() + i) != lower_at<Word>(word + i)) return false;
  }
  return lower_at<Word>(name.data() + kLast) == lower_at<Word>(word + kLast);
}

// What it means if it is `word`, of the same size.
template <std::size_t Size>
FieldName if_same(std::string_view name, const char (&word)[Size], FieldName meaning) {
  return begins_with(name, word) ? meaning : FieldName::kOther;
}

FieldName x_field_named(std::string_view name) {
  if (name.size() < 12) return FieldName::kOther;
  if (name.size() == 12) return if_same(name, "x-request-id", FieldName::kTrace);
  if (begins_with(name, "x-forwarded-")) return FieldName::kForwarded;
  if (name.size() == 13) return FieldName::kOther;
  return if_same(name, "x-ssl-client-", FieldName::kClientCertificate);
}

}  // namespace

FieldName field_named(std::string_view name) {
  const char first = static_cast<char>(name[0] | 0x20);
  if (first == 'x') return x_field_named(name);
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
