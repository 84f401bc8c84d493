#include "balancer/http/response_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <stdexcept>

#include "balancer/http/head_changes.hpp"
#include "balancer/http/request_head.hpp"

namespace foretide::balancer {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view(BeastView text) {
  return {text.data(), text.size()};
}

class ResponseParser final : public http::basic_parser<false> {
 public:
  ResponseParser(ResponseHead& head, const ResponseTo& to, HeadWriter& out, std::string_view fields)
      : head_(head), to_(to), out_(out), fields_(fields) {
    header_limit(static_cast<std::uint32_t>(2 * kHeadMax));
    body_limit(boost::none);
    skip(true);
  }

  void refuse(std::string_view why) {
    if (head_.refused) return;
    head_.refused = true;
    head_.refusal = why;
  }

  void finish() {
    if (head_.refused) return;
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
  void on_response_impl(int status, BeastView reason, int version, error_code& ec) override {
    head_.status = status;
    http_10_ = version == 10;
    head_.switches = status == 101;
    head_.interim = status < 200 && !head_.switches;
    if (status < 100 || status > 599 || (head_.switches && to_.upgrade.empty())) {
      refuse(head_.switches
                 ? "the worker's answer cannot be passed on: it switches protocols unasked"
                 : "the worker's answer cannot be passed on: its status is not valid");
      ec = http::error::bad_status;
      return;
    }
    out_.put("HTTP/1.1 ");
    out_.put_number(static_cast<std::uint64_t>(status));
    out_.put(" ");
    out_.put(view(reason));
    out_.put("\r\n");
    fields_begin_ = out_.size();
  }

  void on_field_impl(http::field field, BeastView name, BeastView value_text,
                     error_code& ec) override {
    const std::string_view value = view(value_text);
    if (++count_ > kFieldsMax) {
      refuse("the worker's answer cannot be passed on: it has too many header fields");
      ec = http::error::header_limit;
      return;
    }
    switch (field) {
      case http::field::content_length: {
        const auto length = length_in(value);
        if (framing_ != Framing::kNone || !length)
          return refuse("the worker's answer cannot be passed on: its framing is ambiguous");
        framing_ = Framing::kLength;
        head_.length = *length;
        return;
      }
      case http::field::transfer_encoding:
        if (framing_ != Framing::kNone || !same_word(value, "chunked") || http_10_) {
          return refuse("the worker's answer cannot be passed on: its framing is ambiguous");
        }
        framing_ = Framing::kChunked;
        return;
      case http::field::connection:
        return read_connection(value, words_);
      case http::field::date:
        has_date_ = true;
        break;
      case http::field::keep_alive:
      case http::field::proxy_connection:
      case http::field::proxy_authenticate:
      case http::field::te:
      case http::field::trailer:
        return;
      case http::field::upgrade:
        switched_to_ = upgrades_++ == 0 ? value : std::string_view{};
        return;
      default:
        break;
    }
    out_.put_field(view(name), value);
  }

  void on_request_impl(http::verb, BeastView, BeastView, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_finish_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastView, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView, error_code&) override { return 0; }

  bool agrees_to_switch() const {
    return words_.upgrade && framing_ == Framing::kNone && !http_10_ &&
           same_word(switched_to_, to_.upgrade);
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
      out_.put("Connection: upgrade\r\n");
      out_.put_field("Upgrade", switched_to_);
    } else if (!head_.interim) {
      if (!has_date_) out_.put_field("Date", to_.date);
      if (head_.close_client) out_.put("Connection: close\r\n");
      if (to_.held) write_timing();
    }
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
  std::string_view switched_to_;
  std::size_t count_ = 0, fields_begin_ = 0, upgrades_ = 0;
  bool http_10_ = false, has_date_ = false;
};

}  // namespace

ResponseHead parse_response_head(std::string_view bytes, const ResponseTo& to, HeadWriter& out) {
  ResponseHead head;
  const auto line_end = bytes.find("\r\n");
  ResponseParser parser(head, to, out, bytes.substr(line_end + 2, bytes.size() - line_end - 4));
  error_code ec;
  try {
    const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    if (ec || used != bytes.size())
      parser.refuse("the worker's answer cannot be passed on: its head is malformed");
  } catch (const std::length_error&) {
    parser.refuse("the worker's answer cannot be passed on: its head is too large");
  }
  parser.finish();
  return head;
}

}  // namespace foretide::balancer
