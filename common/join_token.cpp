#include "common/join_token.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/text_codes.hpp"

namespace foretide {
namespace {

constexpr std::size_t kKeyBytes = 32;

std::string key_as_base64url(const std::string& z85) {
  const auto raw = z85_decoded(z85);
  CHECK(raw && raw->size() == kKeyBytes, "tokens are made from keys that are in use");
  return base64url_encoded(*raw);
}

std::optional<std::string> key_from_base64url(std::string_view text) {
  const auto raw = base64url_decoded(text);
  if (!raw || raw->size() != kKeyBytes) return std::nullopt;
  return z85_encoded(*raw);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\"'";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::string join_token_text(const JoinToken& token) {
  return std::string("ft1.") + (token.role == wire::Role::kAgent ? "a." : "b.") +
         key_as_base64url(token.coordinator_key) + "." + key_as_base64url(token.secret_key);
}

Result<JoinToken> parse_join_token(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with("ft1.")) {
    return Error{"this is no join token: one begins with ft1. (make one with: foretide token)"};
  }
  std::array<std::string_view, 4> parts;
  std::size_t count = 0;
  while (count < parts.size()) {
    const auto dot = text.find('.');
    parts[count++] = text.substr(0, dot);
    if (dot == std::string_view::npos) {
      text = {};
      break;
    }
    text.remove_prefix(dot + 1);
  }
  if (count != parts.size() || !text.empty()) {
    return Error{"the join token is not whole: it has four parts between dots; copy all of it"};
  }
  if (parts[1] != "a" && parts[1] != "b") {
    return Error{"the join token is damaged: its second part is neither a nor b"};
  }
  const auto coordinator = key_from_base64url(parts[2]);
  if (!coordinator) return Error{"the join token is damaged: its third part is no key"};
  const auto secret = key_from_base64url(parts[3]);
  if (!secret) return Error{"the join token is damaged: its fourth part is no key; copy all of it"};
  return JoinToken{parts[1] == "a" ? wire::Role::kAgent : wire::Role::kBalancer, *coordinator,
                   *secret};
}

}  // namespace foretide
