#include "balancer/http/request_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "balancer/http/field_names.hpp"
#include "balancer/http/head_lines.hpp"

namespace foretide::balancer {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A well-formed version that is not one of ours.
bool is_other_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

bool is_safe_to_repeat(std::string_view method) {
  constexpr std::array<std::string_view, 5> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::find(kIdempotent.begin(), kIdempotent.end(), method) != kIdempotent.end();
}

class RequestReader {
 public:
  RequestReader(RequestHead& head, const ClientSide& client, HeadWriter& out)
      : head_(head), out_(out), forwarded_(client) {}

  void read(std::string_view bytes) {
    const auto line_end = bytes.find("\r\n");
    if (line_end == std::string_view::npos) {
      return refuse(400, "the request line is malformed");
    }
    const std::string_view lines = bytes.substr(line_end + 2);
    if (line_end > kRequestLineMax) return refuse(414, "the request line is too long");
    read_line(bytes.substr(0, line_end));
    if (head_.refused == 0) read_fields(lines);
    if (head_.refused == 0) head_.size += line_end + 2;
    // What is refused is logged, with what it says of itself.
    if (head_.refused != 0) head_.fields = lines.substr(0, lines.find("\r\n\r\n"));
  }

  void finish(const DrawnIds& ids) {
    if (head_.refused == 0) judge();
    if (head_.refused != 0) return;
    if (words_.nominates && !remove_nominated(out_, head_.fields_begin, head_.fields)) {
      return refuse(400, "the request's Connection names too many fields");
    }
    write_own_fields(ids);
    if (!has_room_to_end(out_)) refuse(431, "the request head is too large");
  }

 private:
  void refuse(int status, std::string_view why) {
    if (head_.refused != 0) return;
    head_.refused = status;
    head_.refusal = why;
    head_.size = 0;
  }

  void read_line(std::string_view text) {
    const auto line = request_line_in(text);
    if (!line) return refuse(400, "the request line is malformed");
    if (line->version != "HTTP/1.1" && line->version != "HTTP/1.0") {
      return is_other_version(line->version)
                 ? refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                 : refuse(400, "the request line is malformed");
    }
    head_.method = line->method;
    head_.http_10 = line->version == "HTTP/1.0";
    head_.is_head = line->method == "HEAD";
    head_.idempotent = is_safe_to_repeat(line->method);
    is_options_ = line->method == "OPTIONS";
    if (line->method == "CONNECT" || line->method == "TRACE") {
      return refuse(405, "this method is not served here");
    }
    read_target(line->target);
    if (head_.refused != 0) return;
    out_.put(head_.method, " ");
    write_target();
    out_.put(" HTTP/1.1\r\n");
    head_.fields_begin = out_.size();
  }

  void read_fields(std::string_view lines) {
    FieldLines rest(lines);
    for (FieldLines::Field field; head_.refused == 0 && rest.next(field);) {
      if (++count_ > kFieldsMax) return refuse(431, "the request has too many header fields");
      read_field(field);
    }
    if (head_.refused != 0) return;
    if (rest.stopped() != FieldLines::Stopped::kAtEnd) {
      return refuse(400, "a header field of the request is malformed");
    }
    head_.fields = lines.substr(0, rest.size() - 2);
    head_.size = rest.size();
  }

  // A query right behind the host has the path "/", which stands in what is written only.
  void write_target() {
    const std::size_t begin = out_.size();
    const bool is_query = head_.target.starts_with('?');
    if (is_query) out_.put("/");
    out_.put(head_.target);
    if (is_query) head_.target = out_.text().substr(begin);
  }

  void read_target(std::string_view target) {
    for (const char c : target) {
      if (c == '#' || static_cast<unsigned char>(c) >= 0x7f) {
        return refuse(400, "the request target holds a character that it may not hold");
      }
    }
    if (target.starts_with('/')) {
      head_.target = target;
      return;
    }
    if (target == "*" && is_options_) {
      head_.target = target;
      return;
    }
    const auto scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) {
      return refuse(400, "the request target has a form that this method does not have");
    }
    const auto scheme = target.substr(0, scheme_end);
    if (!same_word(scheme, "http") && !same_word(scheme, "https")) {
      return refuse(400, "the request target's scheme is neither http nor https");
    }
    target.remove_prefix(scheme_end + 3);
    const auto authority_end = std::min(target.find_first_of("/?"), target.size());
    authority_ = target.substr(0, authority_end);
    if (authority_.empty() || !is_host(authority_)) {
      return refuse(400, "the request target's host is not valid");
    }
    head_.target = target.substr(authority_end);
    if (head_.target.empty()) head_.target = is_options_ ? "*" : "/";
  }

  void read_field(const FieldLines::Field& field) {
    const std::string_view value = field.value;
    const FieldName meaning =
        field.has_underscore ? underscored_field_named(field.name) : field_named(field.name);
    switch (meaning) {
      case FieldName::kHost:
        if (++hosts_ > 1) return refuse(400, "the request has more than one Host");
        head_.host = value;
        return;
      case FieldName::kContentLength:
        return read_length(value);
      case FieldName::kTransferEncoding:
        if (head_.framing != Framing::kNone || !same_word(value, "chunked") || head_.http_10) {
          return refuse(400,
                        "the request's framing is ambiguous: Transfer-Encoding must be chunked, "
                        "once, without Content-Length");
        }
        head_.framing = Framing::kChunked;
        return;
      case FieldName::kConnection:
        if (!read_connection(value, words_)) refuse(400, "the request's Connection is malformed");
        return;
      case FieldName::kExpect:
        if (head_.http_10) return;
        head_.expects_continue = same_word(value, "100-continue");
        break;
      case FieldName::kMaxForwards:
        if (is_options_) return read_max_forwards(value);
        break;
      case FieldName::kOneConnection:
        if (!same_word(field.name, "proxy-authenticate")) return;
        break;
      case FieldName::kUpgrade:
        offered_ = upgrades_++ == 0 && is_one_protocol(value) ? value : std::string_view{};
        return;
      case FieldName::kTrace:
        trace_.take(field.name, value);
        return;
      case FieldName::kForwarded: {
        const auto taken = forwarded_.take(field.name, value);
        if (taken == ForwardedFields::Take::kNotOurs) break;
        if (taken == ForwardedFields::Take::kTaken) return;
        return refuse(431, "the request has too many X-Forwarded-For or Forwarded fields");
      }
      case FieldName::kClientCertificate:
        if (!forwarded_.believes_certificate()) return;
        break;
      case FieldName::kUnderscored:
        return;
      case FieldName::kDate:
      case FieldName::kOther:
        break;
    }
    pass_on(field, out_);
  }

  void read_length(std::string_view value) {
    const auto length = length_in(value);
    if (head_.framing != Framing::kNone || !length) {
      return refuse(400,
                    "the request's framing is ambiguous: Content-Length must be one number, "
                    "once, without Transfer-Encoding");
    }
    head_.framing = Framing::kLength;
    head_.length = *length;
  }

  void read_max_forwards(std::string_view value) {
    const auto hops = length_in(value);
    if (!hops || ++max_forwards_ > 1) return refuse(400, "Max-Forwards is not one number");
    if (*hops == 0) {
      head_.answer_here = true;
      return;
    }
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, *hops - 1).ptr;
    out_.put_field("Max-Forwards", {digits, static_cast<std::size_t>(end - digits)});
  }

  void judge() {
    if (hosts_ == 0 && !head_.http_10) return refuse(400, "the request has no Host");
    if (!is_host(head_.host)) return refuse(400, "the request's Host is not valid");
    if (!authority_.empty()) head_.host = authority_;
    head_.close = words_.close || head_.http_10;
  }

  void write_own_fields(const DrawnIds& ids) {
    if (head_.framing == Framing::kLength) {
      out_.put("Content-Length: ");
      out_.put_number(head_.length);
      out_.put("\r\n");
    } else if (head_.framing == Framing::kChunked) {
      out_.put("Transfer-Encoding: chunked\r\n");
    }
    if (words_.upgrade && !head_.http_10 && head_.framing == Framing::kNone && !offered_.empty()) {
      head_.upgrade = offered_;
      out_.put("Connection: upgrade\r\nUpgrade: ", offered_, "\r\n");
    }
    head_.is_secure = same_word(forwarded_.scheme(), "https");
    forwarded_.write(head_.host, out_);
    trace_.write(ids, out_);
    out_.put("Via: ", head_.http_10 ? std::string_view("1.0") : forwarded_.version(),
             " foretide\r\n");
  }

  RequestHead& head_;
  HeadWriter& out_;
  bool is_options_ = false;
  std::string_view authority_;  // of an absolute target; goes before Host
  ConnectionWords words_;
  std::string_view offered_;  // the one protocol that Upgrade names
  ForwardedFields forwarded_;
  TraceFields trace_;
  std::size_t count_ = 0, hosts_ = 0, upgrades_ = 0, max_forwards_ = 0;
};

}  // namespace

RequestHead parse_request_head(std::string_view bytes, const ClientSide& client,
                               const DrawnIds& ids, HeadWriter& out) {
  RequestHead head;
  RequestReader reader(head, client, out);
  reader.read(bytes);
  reader.finish(ids);
  return head;
}

bool has_room_to_end(const HeadWriter& out) {
  constexpr std::size_t kEnd = std::string_view("Host: \r\n\r\n").size() + kHostMax;
  return !out.overflow() && out.room() >= kEnd;
}

void end_request_head(const RequestHead& head, const Address& endpoint, HeadWriter& out) {
  // An HTTP/1.1 request needs a Host even if the HTTP/1.0 client had none to say.
  if (head.host.empty() && head.http_10) {
    out.put("Host: ", endpoint.text(), "\r\n\r\n");
  } else {
    out.put("Host: ", head.host, "\r\n\r\n");
  }
}

}  // namespace foretide::balancer
