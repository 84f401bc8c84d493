#include "balancer/core/tcp_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace foretide::balancer {
namespace {

constexpr std::uint32_t kRepetitionsMost = 2;
constexpr std::size_t kLocal = 1, kState = 3, kRepetitions = 6, kColumns = 7;

// From include/net/tcp_states.h. In all others both sides have what they were sent, or nobody is
// there.
bool owes_bytes(std::uint32_t state) {
  constexpr std::uint32_t kEstablished = 1, kSynReceived = 3, kFinWait1 = 4, kCloseWait = 8,
                          kLastAck = 9, kClosing = 11, kNewSynReceived = 12;
  switch (state) {
    case kEstablished:
    case kSynReceived:
    case kNewSynReceived:
    case kFinWait1:
    case kCloseWait:
    case kLastAck:
    case kClosing:
      return true;
    default:
      return false;
  }
}

std::optional<std::uint32_t> hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::array<std::string_view, kColumns> columns_of(std::string_view line) {
  std::array<std::string_view, kColumns> columns;
  for (auto& column : columns) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    column = line.substr(0, line.find(' '));
    line.remove_prefix(column.size());
  }
  return columns;
}

bool is_unfinished(std::string_view line, const std::set<std::uint16_t>& local_ports) {
  const auto columns = columns_of(line);
  const auto local = columns[kLocal];
  const auto port = hex(local.substr(std::min(local.rfind(':') + 1, local.size())));
  const auto state = hex(columns[kState]), repetitions = hex(columns[kRepetitions]);
  if (!port || !state || !repetitions) return false;
  return *port <= 0xffff && local_ports.contains(static_cast<std::uint16_t>(*port)) &&
         owes_bytes(*state) && *repetitions <= kRepetitionsMost;
}

}  // namespace

std::size_t unfinished_in(std::string_view table, const std::set<std::uint16_t>& local_ports) {
  std::size_t count = 0;
  while (!table.empty()) {
    const auto line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    if (is_unfinished(line, local_ports)) ++count;
  }
  return count;
}

}  // namespace foretide::balancer
