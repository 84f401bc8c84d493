#include "balancer/http/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace foretide::balancer {
namespace {

using Read = ProxyHeader::Read;

constexpr std::string_view kBegin1 = "PROXY ";
constexpr std::string_view kBegin2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kLineMax = 107;  // with CR LF
constexpr std::size_t kFixed2 = 16;

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool plain = !text.empty() && (text == "0" || text.front() != '0');
  return plain && error == std::errc{} && end == text.data() + text.size();
}

// The word before the next space, which is taken too.
std::string_view take_word(std::string_view& rest) {
  const auto space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  return word;
}

ProxyHeader of_line(std::string_view bytes) {
  const auto end = bytes.substr(0, kLineMax).find("\r\n");
  if (end == std::string_view::npos) {
    return {.read = bytes.size() < kLineMax ? Read::kMore : Read::kMalformed, .client = {}};
  }
  ProxyHeader header{.read = Read::kComplete, .size = end + 2, .client = {}};
  std::string_view rest = bytes.substr(kBegin1.size(), end - kBegin1.size());
  const std::string_view family = take_word(rest);
  if (family == "UNKNOWN") return header;  // whatever follows
  const std::string source{take_word(rest)}, destination{take_word(rest)};
  const std::string_view source_port = take_word(rest), destination_port = rest;
  const bool v6 = family == "TCP6";
  const auto fits = [v6](const std::string& address) {
    return (address.find(':') != std::string::npos) == v6 && ip_bytes_for(address).has_value();
  };
  const bool valid = (v6 || family == "TCP4") && fits(source) && fits(destination) &&
                     is_port(source_port) && is_port(destination_port);
  if (!valid) return {.read = Read::kMalformed, .client = {}};
  header.client = ip_bytes_for(source);
  return header;
}

ProxyHeader of_binary(std::string_view bytes) {
  if (bytes.size() < kFixed2) return {};
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  const std::uint8_t version = byte(12) >> 4, command = byte(12) & 15, family = byte(13);
  const std::size_t length = static_cast<std::size_t>(byte(14) << 8 | byte(15));
  ProxyHeader header{.read = Read::kComplete, .size = kFixed2 + length, .client = {}};
  if (version != 2 || command > 1 || header.size > kProxyHeaderMax) {
    return {.read = Read::kMalformed, .client = {}};
  }
  if (bytes.size() < header.size) return {};
  if (command == 0) return header;  // LOCAL
  constexpr std::uint8_t kTcp4 = 0x11, kTcp6 = 0x21;
  const std::string_view source = bytes.substr(kFixed2);
  if (family == kTcp4 && length >= 12) {
    IpBytes client{};
    client[10] = client[11] = 0xff;
    std::copy_n(source.begin(), 4, client.begin() + 12);
    header.client = client;
  } else if (family == kTcp6 && length >= 36) {
    IpBytes client{};
    std::copy_n(source.begin(), client.size(), client.begin());
    header.client = client;
  } else if (family == kTcp4 || family == kTcp6) {
    return {.read = Read::kMalformed, .client = {}};
  }
  return header;
}

}  // namespace

ProxyHeader proxy_header_in(std::string_view bytes) {
  const auto begins = [&](std::string_view with) {
    const auto size = std::min(bytes.size(), with.size());
    return bytes.substr(0, size) == with.substr(0, size);
  };
  if (begins(kBegin1)) return bytes.size() < kBegin1.size() ? ProxyHeader{} : of_line(bytes);
  if (begins(kBegin2)) return bytes.size() < kBegin2.size() ? ProxyHeader{} : of_binary(bytes);
  return {.read = Read::kMalformed, .client = {}};
}

}  // namespace foretide::balancer
