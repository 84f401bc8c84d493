#include "balancer/h2/response_reader.hpp"

#include <charconv>
#include <utility>

#include "balancer/http/field_names.hpp"
#include "balancer/http/head_lines.hpp"
#include "common/ascii.hpp"
#include "common/check.hpp"

namespace foretide::balancer::h2 {

ResponseReader::Piece ResponseReader::take(std::span<char> bytes) {
  if (state_ == State::kHead) return take_head(bytes);
  const auto piece = body_.take(bytes.data(), bytes.size());
  CHECK(!body_.malformed(), "the request path writes bodies that can be read");
  if (body_.done()) state_ = State::kEnded;
  return {.used = piece.used, .content = piece.content, .head = nullptr};
}

ResponseReader::Piece ResponseReader::take_head(std::span<char> bytes) {
  if (std::exchange(kept_is_read_, false)) kept_.clear();
  const std::size_t before = kept_.size();
  std::string_view all{bytes.data(), bytes.size()};
  if (before > 0) {
    kept_.append(all);
    all = kept_;
  }
  const auto found = scan_.scan(all);
  CHECK(found != HeadScan::Found::kMalformed, "the request path writes heads that can be read");
  if (found == HeadScan::Found::kMore) {
    if (before == 0) kept_ = all;
    return {.used = bytes.size(), .content = 0, .head = nullptr};
  }
  const std::size_t size = scan_.size();
  read_head(all.substr(0, size));
  scan_ = {};
  kept_is_read_ = before > 0;
  return {.used = size - before, .content = 0, .head = &fields_};
}

void ResponseReader::read_head(std::string_view head) {
  fields_ = {};
  const auto line_end = head.find("\r\n");
  CHECK(line_end != std::string_view::npos && line_end >= 12, "a head has a status line");
  std::from_chars(head.data() + 9, head.data() + 12, fields_.status);
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
  FieldLines lines(head.substr(line_end + 2));
  for (FieldLines::Field field; lines.next(field);) {
    switch (field_named(field.name)) {
      case FieldName::kContentLength:
        framing = Framing::kLength;
        length = length_in(field.value).value_or(0);
        break;
      case FieldName::kTransferEncoding:
        framing = Framing::kChunked;
        continue;
      case FieldName::kConnection:
      case FieldName::kUpgrade:
        continue;
      case FieldName::kOneConnection:
        if (!same_word(field.name, "proxy-authenticate")) continue;
        break;
      default:
        break;
    }
    fields_.fields.push_back({lower_case(field.name), field.value});
  }
  if (fields_.interim()) return;
  const bool none = to_ == To::kHead || fields_.status == 204 || fields_.status == 304;
  if (none) framing = Framing::kNone;
  body_ = BodyReader(framing, length);
  fields_.has_body = !body_.done();
  state_ = body_.done() ? State::kEnded : State::kBody;
}

}  // namespace foretide::balancer::h2
