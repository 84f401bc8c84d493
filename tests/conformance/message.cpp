#include "tests/conformance/message.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using State = Reading::State;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  });
}
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

std::optional<std::uint64_t> number_in(std::string_view text, int base) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

class Reader {
 public:
  Reader(std::string_view bytes, const MessageKind& kind) : bytes_(bytes), kind_(kind) {}

  Reading read() && {
    read_start();
    if (go_on()) read_fields(reading_.message.fields);
    if (go_on()) {
      reading_.state = State::kHead;
      read_body();
    }
    return std::move(reading_);
  }

 private:
  bool go_on() const { return !stopped_; }
  void stop(State state, std::string why = {}) {
    stopped_ = true;
    reading_.state = state;
    reading_.why = std::move(why);
  }
  void broken(std::string why) { stop(State::kBroken, std::move(why)); }
  // More is needed and may come, or not.
  void wanting() { stop(kind_.ended == Ended::kNot ? reading_.state : State::kCut); }

  std::optional<std::string_view> line() {
    const auto end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) {
      wanting();
      return std::nullopt;
    }
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    if (!text.ends_with('\r')) {
      broken("a line ends with a bare LF: " + shown(text));
      return std::nullopt;
    }
    return text.substr(0, text.size() - 1);
  }

  void read_start() {
    const auto text = line();
    if (!text) return;
    reading_.message.start = *text;
    if (has_control(*text)) return broken("control bytes in the start line: " + shown(*text));
    if (kind_.sender == MessageKind::Sender::kClient) return read_request_line(*text);
    const std::uint64_t status =
        number_in(text->size() >= 12 ? text->substr(9, 3) : std::string_view(), 10).value_or(0);
    const bool plain = text->starts_with("HTTP/1.") && status >= 100 &&
                       (text->size() == 12 || (*text)[12] == ' ') && (*text)[8] == ' ';
    if (!plain) return broken("a malformed status line: " + shown(*text));
    reading_.message.status = static_cast<int>(status);
  }

  void read_request_line(std::string_view text) {
    const auto first = text.find(' '), last = text.rfind(' ');
    const std::string_view version = text.substr(std::min(last + 1, text.size()));
    const bool plain = first != std::string_view::npos && last > first + 1 &&
                       text.find(' ', first + 1) == last && is_token(text.substr(0, first)) &&
                       (version == "HTTP/1.1" || version == "HTTP/1.0");
    if (!plain) broken("a malformed request line: " + shown(text));
  }

  void read_fields(Message::Fields& fields) {
    for (;;) {
      const auto text = line();
      if (!text || text->empty()) return;
      const auto colon = text->find(':');
      const std::string_view name = text->substr(0, colon);
      if (colon == std::string_view::npos || !is_token(name)) {
        return broken("a malformed field line: " + shown(*text));
      }
      std::string_view value = text->substr(colon + 1);
      while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
      while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
      if (has_control(value)) return broken("control bytes in a field: " + shown(*text));
      fields.emplace_back(name, value);
    }
  }

  void read_body() {
    Message& message = reading_.message;
    const auto codings = message.values("transfer-encoding");
    const auto lengths = message.values("content-length");
    const bool request = kind_.sender == MessageKind::Sender::kClient;
    const bool interim = message.status >= 100 && message.status < 200;
    if (!codings.empty() && !lengths.empty()) return broken("both framings");
    if (codings.size() > 1 || lengths.size() > 1) return broken("a framing field twice");
    if (!codings.empty() && !same_name(codings[0], "chunked")) {
      return broken("Transfer-Encoding: " + shown(codings[0]));
    }
    const auto length = lengths.empty() ? std::nullopt : number_in(lengths[0], 10);
    if (!lengths.empty() && !length) return broken("Content-Length: " + shown(lengths[0]));
    if (!codings.empty()) message.framing = "chunked";
    if (length) message.framing = "length";
    if ((interim || message.status == 204) && (length || !codings.empty())) {
      return broken("a framing field where there is no body");  // RFC 9112 section 6.1, 9110 8.6
    }
    if (kind_.to_head || interim || message.status == 204 || message.status == 304) return whole();
    if (!codings.empty()) return read_chunks();
    if (!length && request) return whole();
    if (!length) {
      message.framing = "close";
      message.body = bytes_.substr(at_);
      at_ = bytes_.size();
      return kind_.ended == Ended::kCleanly ? whole() : wanting();
    }
    message.body = bytes_.substr(at_, std::min<std::size_t>(*length, bytes_.size() - at_));
    at_ += message.body.size();
    return message.body.size() == *length ? whole() : wanting();
  }

  void read_chunks() {
    while (go_on()) {
      const auto text = line();
      if (!text) return;
      const auto size = number_in(*text, 16);
      if (!size) return broken("a malformed chunk size: " + shown(*text));
      if (*size == 0) {
        read_fields(reading_.message.trailers);
        return go_on() ? whole() : void();
      }
      const auto there = std::min<std::size_t>(*size, bytes_.size() - at_);
      reading_.message.body += bytes_.substr(at_, there);
      at_ += there;
      if (there < *size || bytes_.size() - at_ < 2) return wanting();
      if (bytes_.substr(at_, 2) != "\r\n") return broken("a chunk is longer than it said");
      at_ += 2;
    }
  }

  void whole() {
    reading_.used = at_;
    stop(State::kWhole);
  }

  std::string_view bytes_;
  const MessageKind& kind_;
  std::size_t at_ = 0;
  bool stopped_ = false;
  Reading reading_;
};

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string> Message::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [other, value] : fields) {
    if (same_name(name, other)) found.push_back(value);
  }
  return found;
}

Reading read_message(std::string_view bytes, const MessageKind& kind) {
  return Reader(bytes, kind).read();
}

}  // namespace foretide::conformance
