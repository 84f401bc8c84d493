#include "balancer/http/response_head.hpp"

#include "balancer/http/field_names.hpp"
#include "balancer/http/head_changes.hpp"
#include "balancer/http/head_lines.hpp"
#include "balancer/http/request_head.hpp"

namespace foretide::balancer {
namespace {

class ResponseReader {
 public:
  ResponseReader(ResponseHead& head, const ResponseTo& to, HeadWriter& out)
      : head_(head), to_(to), out_(out) {}

  void read(std::string_view bytes) {
    const auto line_end = bytes.find("\r\n");
    if (line_end == std::string_view::npos) return;
    read_line(bytes.substr(0, line_end));
    if (!head_.refused) read_fields(bytes.substr(line_end + 2));
    if (head_.size > 0) head_.size += line_end + 2;
  }

  void refuse(std::string_view why) {
    if (head_.refused) return;
    head_.refused = true;
    head_.refusal = why;
    head_.size = 0;
  }

  void finish() {
    if (head_.refused || head_.size == 0) return;
    if (words_.nominates && !remove_nominated(out_, fields_begin_, fields_)) {
      return refuse(
          "the worker's answer cannot be passed on: its Connection names too many fields");
    }
    if (head_.status == 101 && !agrees_to_switch()) {
      return refuse(
          "the worker's answer cannot be passed on: it switches to a protocol that was not asked "
          "for");
    }
    decide();
    if (to_.changes != nullptr && !head_.interim) change_fields(*to_.changes, fields_begin_, out_);
    write_own_fields();
    if (out_.overflow()) refuse("the worker's answer cannot be passed on: its head is too large");
  }

 private:
  void read_line(std::string_view text) {
    const auto line = status_line_in(text);
    if (!line) {
      return refuse("the worker's answer cannot be passed on: its status line is malformed");
    }
    const int status = line->status;
    head_.status = status;
    http_10_ = line->http_10;
    head_.switches = status == 101;
    head_.interim = status < 200 && !head_.switches;
    if (status < 100 || status > 599) {
      return refuse("the worker's answer cannot be passed on: its status is not valid");
    }
    if (head_.switches && to_.upgrade.empty()) {
      return refuse("the worker's answer cannot be passed on: it switches protocols unasked");
    }
    out_.put("HTTP/1.1", text.substr(std::string_view("HTTP/1.x").size()), "\r\n");
    fields_begin_ = out_.size();
  }

  void read_fields(std::string_view lines) {
    FieldLines rest(lines);
    for (FieldLines::Field field; !head_.refused && rest.next(field);) {
      if (++count_ > kFieldsMax) {
        return refuse("the worker's answer cannot be passed on: it has too many header fields");
      }
      read_field(field);
    }
    if (rest.stopped() == FieldLines::Stopped::kMalformed) {
      refuse("the worker's answer cannot be passed on: a header field is malformed");
    }
    if (head_.refused || rest.stopped() != FieldLines::Stopped::kAtEnd) return;
    fields_ = lines.substr(0, rest.size() - 2);
    head_.size = rest.size();
  }

  void read_field(const FieldLines::Field& field) {
    const std::string_view value = field.value;
    switch (field_named(field.name)) {
      case FieldName::kContentLength: {
        const auto length = length_in(value);
        if (framing_ != Framing::kNone || !length) {
          return refuse("the worker's answer cannot be passed on: its framing is ambiguous");
        }
        framing_ = Framing::kLength;
        head_.length = *length;
        return;
      }
      case FieldName::kTransferEncoding:
        if (framing_ != Framing::kNone || !same_word(value, "chunked") || http_10_) {
          return refuse("the worker's answer cannot be passed on: its framing is ambiguous");
        }
        framing_ = Framing::kChunked;
        return;
      case FieldName::kConnection:
        if (!read_connection(value, words_)) {
          refuse("the worker's answer cannot be passed on: its Connection is malformed");
        }
        return;
      case FieldName::kDate:
        has_date_ = true;
        break;
      case FieldName::kOneConnection:
        if (!same_word(field.name, "proxy-authorization")) return;
        break;
      case FieldName::kUpgrade:
        // What the client is to ask for, which it must be told (RFC 9110 section 15.5.22).
        tells_upgrade_ = head_.status == 426;
        if (tells_upgrade_) break;
        upgrade_ = upgrades_++ == 0 ? value : std::string_view{};
        return;
      default:
        break;
    }
    pass_on(field, out_);
  }

  bool agrees_to_switch() const {
    return words_.upgrade && framing_ == Framing::kNone && !http_10_ &&
           same_word(upgrade_, to_.upgrade);
  }

  void decide() {
    if (head_.switches) {
      head_.from_upstream = head_.to_client = Framing::kUntilClose;
      head_.close_client = true;
      return;
    }
    const bool none =
        to_.head_request || head_.interim || head_.status == 204 || head_.status == 304;
    if (none) {
      head_.from_upstream = head_.to_client = Framing::kNone;
    } else if (framing_ == Framing::kLength) {
      head_.from_upstream = head_.to_client = Framing::kLength;
    } else {
      head_.from_upstream =
          framing_ == Framing::kChunked ? Framing::kChunked : Framing::kUntilClose;
      head_.to_client = to_.http_10 ? Framing::kUntilClose : Framing::kChunked;
    }
    const bool stays = http_10_ ? words_.keep_alive : !words_.close;
    head_.reusable = stays && head_.from_upstream != Framing::kUntilClose;
    head_.close_client = to_.close || head_.to_client == Framing::kUntilClose;
  }

  void write_own_fields() {
    const bool may_tell_length = !head_.interim && head_.status != 204;
    if (framing_ == Framing::kLength && may_tell_length) {
      out_.put("Content-Length: ");
      out_.put_number(head_.length);
      out_.put("\r\n");
    } else if (head_.to_client == Framing::kChunked) {
      out_.put("Transfer-Encoding: chunked\r\n");
    }
    if (head_.switches) {
      out_.put("Connection: upgrade\r\nUpgrade: ", upgrade_, "\r\n");
    } else if (!head_.interim) {
      if (!has_date_) out_.put_field("Date", to_.date);
      if (tells_upgrade_ || head_.close_client) write_connection();
      if (to_.held) write_timing();
    }
    out_.put("\r\n");
  }

  void write_connection() {
    out_.put("Connection: ", tells_upgrade_ ? "upgrade" : "close");
    if (tells_upgrade_ && head_.close_client) out_.put(", close");
    out_.put("\r\n");
  }

  void write_timing() {
    out_.put("Server-Timing: held;dur=");
    out_.put_number(static_cast<std::uint64_t>(to_.held->count()));
    if (to_.worker_start) {
      out_.put(", start;dur=");
      out_.put_number(static_cast<std::uint64_t>(to_.worker_start->count()));
    }
    out_.put("\r\n");
  }

  ResponseHead& head_;
  const ResponseTo& to_;
  HeadWriter& out_;
  Framing framing_ = Framing::kNone;  // as the fields say it
  std::string_view fields_;
  ConnectionWords words_;
  std::string_view upgrade_;  // the protocol that it switches to
  std::size_t count_ = 0, fields_begin_ = 0, upgrades_ = 0;
  bool http_10_ = false, has_date_ = false, tells_upgrade_ = false;
};

}  // namespace

ResponseHead parse_response_head(std::string_view bytes, const ResponseTo& to, HeadWriter& out) {
  ResponseHead head;
  ResponseReader reader(head, to, out);
  reader.read(bytes);
  reader.finish();
  return head;
}

}  // namespace foretide::balancer
