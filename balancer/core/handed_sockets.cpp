#include "balancer/core/handed_sockets.hpp"

#include <charconv>

namespace foretide::balancer {
namespace {

constexpr std::string_view kGiven = " given ", kOurs = " ours ";

std::optional<HandedSockets> line_in(std::string_view line) {
  HandedSockets sockets;
  const char* const end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data(), end, sockets.count);
  if (error != std::errc{} || sockets.count == 0) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
  if (line.starts_with(kOurs)) sockets.file = HandedSockets::File::kOurs;
  const std::string_view word = sockets.file == HandedSockets::File::kOurs ? kOurs : kGiven;
  if (!line.starts_with(word) || line.size() == word.size()) return std::nullopt;
  sockets.address = line.substr(word.size());
  return sockets;
}

}  // namespace

std::string text_for(const std::vector<HandedSockets>& sockets) {
  std::string text;
  for (const auto& one : sockets) {
    text += std::to_string(one.count);
    text += one.file == HandedSockets::File::kOurs ? kOurs : kGiven;
    text += one.address + "\n";
  }
  return text;
}

std::optional<std::vector<HandedSockets>> handed_sockets_in(std::string_view text) {
  std::vector<HandedSockets> sockets;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = line_in(text.substr(0, end));
    if (!line) return std::nullopt;
    sockets.push_back(*line);
    text.remove_prefix(end + 1);
  }
  return sockets;
}

}  // namespace foretide::balancer
