#include "tests/conformance/checks.hpp"

#include <algorithm>

#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using Kind = Check::Kind;

bool holds_word(const std::vector<std::string>& values, std::string_view word) {
  for (std::string_view value : values) {
    while (!value.empty()) {
      const auto comma = std::min(value.find(','), value.size());
      std::string_view one = value.substr(0, comma);
      while (one.starts_with(' ')) one.remove_prefix(1);
      while (one.ends_with(' ')) one.remove_suffix(1);
      if (same_name(one, word)) return true;
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
  }
  return false;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "'" : ", '") + shown(value) + "'";
  return text.empty() ? "none" : text;
}

std::string unmet_field(const Check& check, const Message& message) {
  const auto values = message.values(check.name);
  const auto trouble = [&](bool met) { return met ? "" : check.name + " is " + joined(values); };
  switch (check.kind) {
    case Kind::kField:
      return trouble(values.size() == 1 && values[0] == check.value);
    case Kind::kHasField:
      return trouble(!values.empty());
    case Kind::kNoField:
      return trouble(values.empty());
    default:
      return trouble(holds_word(values, check.value));
  }
}

std::string unmet_trailer(const Check& check, const Message& message) {
  Message trailers;
  trailers.fields = message.trailers;
  const auto values = trailers.values(check.name);
  const bool wanted = check.kind == Kind::kTrailer;
  const bool met = wanted ? values.size() == 1 && values[0] == check.value : values.empty();
  return met ? "" : "the trailer " + check.name + " is " + joined(values);
}

std::string unmet_text(std::string_view what, bool met, std::string_view text) {
  return met ? "" : std::string(what) + " is '" + shown(text) + "'";
}

std::string unmet_one(const Check& check, const Message& message) {
  switch (check.kind) {
    case Kind::kField:
    case Kind::kHasField:
    case Kind::kNoField:
    case Kind::kFieldHolds:
      return unmet_field(check, message);
    case Kind::kTrailer:
    case Kind::kNoTrailer:
      return unmet_trailer(check, message);
    case Kind::kBody:
      return unmet_text("the body", message.body == check.value, message.body);
    case Kind::kBodyBegins:
      return unmet_text("the body so far", message.body.starts_with(check.value), message.body);
    case Kind::kFraming:
      return unmet_text("the framing", message.framing == check.value, message.framing);
    case Kind::kStart:
      return unmet_text("the start line", message.start == check.value, message.start);
    case Kind::kBodyUnread:
    case Kind::kCut:
    case Kind::kToHead:
    case Kind::kAfterInterim:
      return {};
  }
  return {};
}

}  // namespace

bool asks(const std::vector<Check>& checks, Check::Kind kind) {
  return std::any_of(checks.begin(), checks.end(),
                     [&](const Check& check) { return check.kind == kind; });
}

std::string unmet(const std::vector<Check>& checks, const Message& message) {
  for (const Check& check : checks) {
    const std::string trouble = unmet_one(check, message);
    if (!trouble.empty()) return trouble;
  }
  return {};
}

}  // namespace foretide::conformance
