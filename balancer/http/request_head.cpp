#include "balancer/http/request_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <stdexcept>

namespace foretide::balancer {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view(BeastView text) {
  return {text.data(), text.size()};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Where workers look for the client's certificate. One written with "_" looks the same to many.
bool is_certificate_field(std::string_view name) {
  constexpr std::string_view kPrefix = "x-ssl-client-";
  if (name.size() < kPrefix.size() || (name[0] | 0x20) != 'x') return false;
  for (std::size_t i = 0; i < kPrefix.size(); ++i) {
    const char c = name[i] == '_' ? '-' : static_cast<char>(name[i] | 0x20);
    if (c != kPrefix[i]) return false;
  }
  return true;
}

// Method, target and a well-formed version that the parser did not take.
bool names_version(std::string_view line) {
  const auto target = line.find(' ');
  const auto version = line.find(' ', target + 1);
  if (version == std::string_view::npos || line.size() - version != 9) return false;
  const std::string_view text = line.substr(version + 1);
  return text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]) &&
         text != "HTTP/1.1" && text != "HTTP/1.0";
}

class RequestParser final : public http::basic_parser<true> {
 public:
  RequestParser(RequestHead& head, const ClientSide& client, HeadWriter& out)
      : head_(head), client_(client), out_(out) {
    header_limit(static_cast<std::uint32_t>(2 * kHeadMax));
    body_limit(boost::none);
    skip(true);  // only the head is read here
  }

  void finish() {
    if (head_.refused == 0) judge();
    if (head_.refused != 0) return;
    if (words_.nominates && !remove_nominated(out_, fields_begin_, head_.fields)) {
      return refuse(400, "the request's Connection names too many fields");
    }
    write_own_fields();
    if (out_.overflow()) refuse(431, "the request head is too large");
  }

  void refuse(int status, std::string_view why) {
    if (head_.refused != 0) return;
    head_.refused = status;
    head_.refusal = why;
  }

 private:
  void on_request_impl(http::verb verb, BeastView method, BeastView target, int version,
                       error_code& ec) override {
    head_.method = view(method);
    head_.http_10 = version == 10;
    head_.is_head = verb == http::verb::head;
    verb_ = verb;
    head_.idempotent = verb == http::verb::get || verb == http::verb::head ||
                       verb == http::verb::put || verb == http::verb::delete_ ||
                       verb == http::verb::options;
    if (verb == http::verb::connect || verb == http::verb::trace) {
      refuse(405, "this method is not served here");
    } else {
      read_target(view(target));
    }
    if (head_.refused != 0) {
      ec = http::error::bad_target;
      return;
    }
    out_.put(head_.method);
    out_.put(" ");
    write_target();
    out_.put(" HTTP/1.1\r\n");
    fields_begin_ = out_.size();
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
    const bool options = verb_ == http::verb::options;
    if (target == "*" && options) {
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
    if (head_.target.empty()) head_.target = options ? "*" : "/";
  }

  void on_field_impl(http::field field, BeastView name, BeastView value_text,
                     error_code& ec) override {
    const std::string_view value = view(value_text);
    if (++count_ > kFieldsMax) {
      refuse(431, "the request has too many header fields");
      ec = http::error::header_limit;
      return;
    }
    switch (field) {
      case http::field::host:
        if (++hosts_ > 1) return refuse(400, "the request has more than one Host");
        head_.host = value;
        return;
      case http::field::content_length:
        return read_length(value);
      case http::field::transfer_encoding:
        if (head_.framing != Framing::kNone || !same_word(value, "chunked") || head_.http_10) {
          return refuse(400,
                        "the request's framing is ambiguous: Transfer-Encoding must be chunked, "
                        "once, without Content-Length");
        }
        head_.framing = Framing::kChunked;
        return;
      case http::field::connection:
        return read_connection(value, words_);
      case http::field::expect:
        if (head_.http_10) return;
        break;
      case http::field::max_forwards:
        if (verb_ == http::verb::options) return read_max_forwards(value);
        break;
      case http::field::keep_alive:
      case http::field::proxy_connection:
      case http::field::proxy_authorization:
      case http::field::te:
      case http::field::trailer:
      case http::field::upgrade:
        return;
      case http::field::unknown:
        if (read_forwarded(view(name), value)) return;
        break;
      default:
        break;
    }
    out_.put_field(view(name), value);
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
    if (!hops) return refuse(400, "Max-Forwards is not a number");
    if (*hops == 0) {
      head_.answer_here = true;
      return;
    }
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, *hops - 1).ptr;
    out_.put_field("Max-Forwards", {digits, static_cast<std::size_t>(end - digits)});
  }

  // X-Forwarded-For is written anew at the end, -Proto and -Host are ours to say.
  bool read_forwarded(std::string_view name, std::string_view value) {
    if (is_certificate_field(name)) return true;
    constexpr std::string_view kPrefix = "x-forwarded-";
    if (name.size() < kPrefix.size() || (name[0] | 0x20) != 'x') return false;
    if (!same_word(name.substr(0, kPrefix.size()), kPrefix)) return false;
    const std::string_view rest = name.substr(kPrefix.size());
    if (same_word(rest, "for")) {
      if (!value.empty()) {
        if (forwarded_count_ == kForwardedMax) {
          refuse(431, "the request has too many X-Forwarded-For fields");
          return true;
        }
        forwarded_for_[forwarded_count_++] = value;
      }
      return true;
    }
    return same_word(rest, "proto") || same_word(rest, "host");
  }

  void on_response_impl(int, BeastView, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_finish_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastView, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView, error_code&) override { return 0; }

  void judge() {
    if (hosts_ == 0 && !head_.http_10) return refuse(400, "the request has no Host");
    if (!is_host(head_.host)) return refuse(400, "the request's Host is not valid");
    if (!authority_.empty()) head_.host = authority_;
    head_.close = words_.close || head_.http_10;
  }

  void write_own_fields() {
    if (head_.framing == Framing::kLength) {
      out_.put("Content-Length: ");
      out_.put_number(head_.length);
      out_.put("\r\n");
    } else if (head_.framing == Framing::kChunked) {
      out_.put("Transfer-Encoding: chunked\r\n");
    }
    out_.put("X-Forwarded-For: ");
    for (std::size_t i = 0; i < forwarded_count_; ++i) {
      out_.put(forwarded_for_[i]);
      out_.put(", ");
    }
    out_.put(client_.address);
    out_.put("\r\nX-Forwarded-Proto: ");
    out_.put(client_.scheme);
    if (client_.certified) {
      out_.put("\r\nX-SSL-Client-Verify: SUCCESS\r\nX-SSL-Client-S-DN: ");
      out_.put(client_.certificate_subject);
    }
    if (!head_.host.empty()) {
      out_.put("\r\nX-Forwarded-Host: ");
      out_.put(head_.host);
    }
    out_.put(head_.http_10 ? "\r\nVia: 1.0 foretide\r\n" : "\r\nVia: 1.1 foretide\r\n");
  }

  static constexpr std::size_t kForwardedMax = 8;

  RequestHead& head_;
  const ClientSide& client_;
  HeadWriter& out_;
  http::verb verb_ = http::verb::unknown;
  std::string_view authority_;  // of an absolute target; goes before Host
  ConnectionWords words_;
  std::string_view forwarded_for_[kForwardedMax];
  std::size_t forwarded_count_ = 0, count_ = 0, hosts_ = 0;
  std::size_t fields_begin_ = 0;
};

}  // namespace

RequestHead parse_request_head(std::string_view bytes, const ClientSide& client, HeadWriter& out) {
  RequestHead head;
  const auto line_end = bytes.find("\r\n");
  if (line_end > kRequestLineMax) {
    head.refused = 414;
    head.refusal = "the request line is too long";
    return head;
  }
  head.fields = bytes.substr(line_end + 2, bytes.size() - line_end - 4);

  RequestParser parser(head, client, out);
  error_code ec;
  try {
    const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    if (ec == http::error::bad_version) {
      const bool other = names_version(bytes.substr(0, line_end));
      parser.refuse(other ? 505 : 400, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    } else if (ec || used != bytes.size()) {
      parser.refuse(400, "the request head is malformed");
    }
  } catch (const std::length_error&) {
    parser.refuse(431, "the request head is too large");
  }
  parser.finish();
  return head;
}

void end_request_head(const RequestHead& head, const Address& endpoint, HeadWriter& out) {
  // An HTTP/1.1 request needs a Host even if the HTTP/1.0 client had none to say.
  if (head.host.empty() && head.http_10) {
    out.put_field("Host", endpoint.text());
  } else {
    out.put_field("Host", head.host);
  }
  out.put("\r\n");
}

}  // namespace foretide::balancer
