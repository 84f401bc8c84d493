#include "common/ip_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace foretide {
namespace {

constexpr std::uint8_t kMappedBits = 96;  // ::ffff:0:0/96 holds IPv4

bool is_mapped(const IpBytes& address) {
  const auto ten = address.begin() + 10;
  return std::all_of(address.begin(), ten, [](std::uint8_t byte) { return byte == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

bool bit_of(const IpBytes& address, std::size_t bit) {
  return (address[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

}  // namespace

std::optional<IpBytes> ip_bytes_for(const std::string& address) {
  IpBytes bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(&bytes[12], &v4, sizeof v4);
  return bytes;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string host{text.substr(0, slash)};
  const auto network = ip_bytes_for(host);
  if (!network) return std::nullopt;
  const bool v4 = host.find(':') == std::string::npos;
  const std::uint8_t widest = v4 ? 32 : 128;

  std::uint8_t bits = widest;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, bits);
    if (read.ec != std::errc{} || read.ptr != end || bits > widest) return std::nullopt;
  }
  IpRange range;
  range.network_ = *network;
  range.bits_ = static_cast<std::uint8_t>(v4 ? bits + kMappedBits : bits);
  for (std::size_t bit = range.bits_; bit < 128; ++bit) {
    if (bit_of(*network, bit)) return std::nullopt;
  }
  return range;
}

bool IpRange::contains(const IpBytes& address) const {
  // "::/0" is every IPv6 address, and IPv4 is none of them.
  if (bits_ < kMappedBits && is_mapped(address)) return false;
  const std::size_t whole = bits_ / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  network_.begin())) {
    return false;
  }
  for (std::size_t bit = whole * 8; bit < bits_; ++bit) {
    if (bit_of(address, bit) != bit_of(network_, bit)) return false;
  }
  return true;
}

bool contain(const IpRanges& ranges, const IpBytes& address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

}  // namespace foretide
