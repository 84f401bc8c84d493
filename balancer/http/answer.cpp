#include "balancer/http/answer.hpp"

#include <array>

namespace foretide::balancer {
namespace {

bool accepts_json(std::string_view accept) {
  return accept.find("application/json") != std::string_view::npos ||
         accept.find("+json") != std::string_view::npos;
}

// Reasons are ours but may quote what came from outside.
void put_escaped(std::string_view text, HeadWriter& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      const std::array<char, 2> escaped{'\\', c};
      out.put({escaped.data(), escaped.size()});
    } else if (byte < 0x20 || byte > 0x7e) {
      const std::array<char, 6> escaped{'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      out.put({escaped.data(), escaped.size()});
    } else {
      out.put({&c, 1});
    }
  }
}

void write_body(const Answer& answer, bool json, HeadWriter& out) {
  if (!json) {
    out.put_number(static_cast<std::uint64_t>(answer.status));
    out.put(" ");
    out.put(phrase_for(answer.status));
    out.put(": ");
    out.put(answer.reason);
    out.put("\n");
    return;
  }
  out.put("{\"status\":");
  out.put_number(static_cast<std::uint64_t>(answer.status));
  out.put(",\"error\":\"");
  put_escaped(answer.reason, out);
  if (!answer.service.empty()) {
    out.put("\",\"service\":\"");
    put_escaped(answer.service, out);
  }
  out.put("\"}\n");
}

}  // namespace

void write_answer(const Answer& answer, HeadWriter& out) {
  const bool json = accepts_json(answer.accept);
  std::array<char, 1024> memory;
  HeadWriter body(memory.data(), memory.size());
  write_body(answer, json, body);

  out.put("HTTP/1.1 ");
  out.put_number(static_cast<std::uint64_t>(answer.status));
  out.put(" ");
  out.put(phrase_for(answer.status));
  out.put("\r\n");
  out.put_field("Date", answer.date);
  out.put_field("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
  out.put("Content-Length: ");
  out.put_number(body.size());
  out.put("\r\n");
  if (answer.status == 405) out.put_field("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (answer.status == 503) {
    out.put("Retry-After: ");
    out.put_number(static_cast<std::uint64_t>(answer.retry_after.count()));
    out.put("\r\n");
  }
  if (!answer.location.empty()) out.put_field("Location", answer.location);
  if (answer.close) out.put_field("Connection", "close");
  out.put("\r\n");
  if (!answer.without_body) out.put(body.text());
}

std::string_view phrase_for(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace foretide::balancer
