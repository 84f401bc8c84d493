#include "agent/proc/tcp.hpp"

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "agent/proc/text.hpp"

namespace foretide::agent {
namespace {

constexpr std::uint32_t kEstablished = 0x01, kListen = 0x0A;

struct Row {
  std::string_view address;  // hex
  std::uint16_t port = 0;
  std::uint32_t state = 0;
  std::uint32_t user = 0;
  std::uint64_t inode = 0;
};

std::optional<Row> row_in(std::string_view line) {
  take_word(line);  // "12:"
  const std::string_view local = take_word(line);
  const std::size_t colon = local.find(':');
  take_word(line);  // remote
  const auto state = number_in<std::uint32_t>(take_word(line), 16);
  for (int column = 0; column < 3; ++column) take_word(line);  // queues, timer, retransmits
  const auto user = take_number<std::uint32_t>(line);
  take_word(line);  // timeout
  const auto inode = take_number<std::uint64_t>(line);
  if (colon == std::string_view::npos || !state || !user || !inode) return std::nullopt;
  const auto port = number_in<std::uint16_t>(local.substr(colon + 1), 16);
  if (!port || (colon != 8 && colon != 32)) return std::nullopt;
  return Row{local.substr(0, colon), *port, *state, *user, *inode};
}

std::optional<std::string> address_in(std::string_view hex) {
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = hex.size() / 8;
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = number_in<std::uint32_t>(hex.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    words[i] =
        *word;  // printed as a number of this host, so its bytes are in network order already
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  return std::string(text.data());
}

}  // namespace

bool TcpListener::is_loopback_only() const {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

Result<std::vector<TcpListener>> parse_tcp_listeners(std::string_view bytes, std::uint16_t port) {
  std::vector<TcpListener> listeners;
  take_line(bytes);  // heading
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    const auto row = row_in(line);
    if (!row) return bad_line("net/tcp", line, "a socket");
    if (row->state != kListen) break;
    if (row->port != port) continue;
    auto address = address_in(row->address);
    if (!address) return bad_line("net/tcp", line, "an address in hex");
    listeners.push_back({std::move(*address), row->inode, row->user});
  }
  return listeners;
}

Result<std::size_t> parse_tcp_established(std::string_view bytes, std::uint16_t port) {
  std::size_t count = 0;
  take_line(bytes);
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    const auto row = row_in(line);
    if (!row) return bad_line("net/tcp", line, "a socket");
    count += row->state == kEstablished && row->port == port ? 1 : 0;
  }
  return count;
}

}  // namespace foretide::agent
