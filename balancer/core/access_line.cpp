#include "balancer/core/access_line.hpp"

#include <array>
#include <charconv>

#include "common/utf8.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono;

constexpr std::string_view kHex = "0123456789abcdef";

void append_number(std::uint64_t number, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// With leading zeros.
void append_digits(std::uint64_t number, std::size_t width, std::string& out) {
  std::array<char, 20> digits;
  for (std::size_t i = width; i > 0; --i, number /= 10) {
    digits[i - 1] = static_cast<char>('0' + number % 10);
  }
  out.append(digits.data(), width);
}

// 12345 microseconds as 12.345.
void append_milliseconds(std::uint64_t us, std::string& out) {
  append_number(us / 1000, out);
  out += '.';
  append_digits(us % 1000, 3, out);
}

void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const auto byte = static_cast<unsigned char>(c);
    std::size_t size = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else if (byte < 0x80) {
      out += c;
    } else if (size = utf8_character_length(text); size > 0) {
      out += text.substr(0, size);
    } else {
      size = 1;
      out += "\\ufffd";
    }
    text.remove_prefix(size);
  }
  out += '"';
}

// As Apache does: \xHH for whatever could be taken for something else.
void append_quoted(std::string_view text, std::string& out) {
  if (text.empty()) {
    out += '-';
    return;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
}

class JsonLine {
 public:
  explicit JsonLine(std::string& out) : out_(out) { out_ += '{'; }
  ~JsonLine() { out_ += "}\n"; }
  std::string& key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    if (value.empty()) {
      out_ += "null";
    } else {
      append_json_text(value, out_);
    }
  }
  void number(std::string_view name, std::uint64_t value) { append_number(value, key(name)); }

 private:
  std::string& out_;
};

void append_iso_time(WallTime at, std::string& out) {
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  append_digits(static_cast<std::uint64_t>(int{date.year()}), 4, out);
  out += '-';
  append_digits(unsigned{date.month()}, 2, out);
  out += '-';
  append_digits(unsigned{date.day()}, 2, out);
  out += 'T';
  append_digits(static_cast<std::uint64_t>(time.hours().count()), 2, out);
  out += ':';
  append_digits(static_cast<std::uint64_t>(time.minutes().count()), 2, out);
  out += ':';
  append_digits(static_cast<std::uint64_t>(time.seconds().count()), 2, out);
  out += '.';
  append_digits(static_cast<std::uint64_t>(time.subseconds().count()), 3, out);
  out += 'Z';
}

// [06/May/2026:07:08:09 +0000]
void append_log_time(WallTime at, std::string& out) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  out += '[';
  append_digits(unsigned{date.day()}, 2, out);
  out += '/';
  out += kMonths[unsigned{date.month()} - 1];
  out += '/';
  append_digits(static_cast<std::uint64_t>(int{date.year()}), 4, out);
  out += ':';
  append_digits(static_cast<std::uint64_t>(time.hours().count()), 2, out);
  out += ':';
  append_digits(static_cast<std::uint64_t>(time.minutes().count()), 2, out);
  out += ':';
  append_digits(static_cast<std::uint64_t>(time.seconds().count()), 2, out);
  out += " +0000]";
}

void append_json_line(const AccessRecord& record, std::string& out) {
  JsonLine line(out);
  line.key("time") += '"';
  append_iso_time(record.began, out);
  out += '"';
  line.text("client", record.client);
  line.text("method", record.method);
  line.text("target", record.target);
  line.text("host", record.host);
  line.text("protocol", record.protocol);
  line.text("scheme", record.scheme);
  line.number("status", static_cast<std::uint64_t>(record.status));
  line.number("bytes", record.bytes);
  append_milliseconds(record.duration_us, line.key("duration_ms"));
  append_milliseconds(record.held_us, line.key("held_ms"));
  line.text("service", record.service);
  line.text("worker", record.worker);
  line.number("retries", record.retries);
  line.text("request_id", record.request_id);
  line.text("user_agent", record.user_agent);
  line.text("referer", record.referer);
  line.text("cut", record.cut);
}

void append_combined_line(const AccessRecord& record, std::string& out) {
  append_quoted(record.client, out);
  out += " - - ";
  append_log_time(record.began, out);
  out += " \"";
  append_quoted(record.method, out);
  if (!record.target.empty()) {
    out += ' ';
    append_quoted(record.target, out);
    out += ' ';
    append_quoted(record.protocol, out);
  }
  out += "\" ";
  // nginx's number for a client that went away.
  append_number(record.status == 0 ? 499 : static_cast<std::uint64_t>(record.status), out);
  out += ' ';
  append_number(record.bytes, out);
  out += " \"";
  append_quoted(record.referer, out);
  out += "\" \"";
  append_quoted(record.user_agent, out);
  out += "\"\n";
}

}  // namespace

void append_access_line(const AccessRecord& record, AccessFormat format, std::string& out) {
  if (format == AccessFormat::kJson) append_json_line(record, out);
  if (format == AccessFormat::kCombined) append_combined_line(record, out);
}

}  // namespace foretide::balancer
