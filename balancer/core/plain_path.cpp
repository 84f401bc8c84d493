#include "balancer/core/plain_path.hpp"

#include <algorithm>

#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

bool is_plain(std::string_view path) {
  bool behind_slash = false;
  for (const char c : path) {
    if (c == '%' || (behind_slash && (c == '/' || c == '.'))) return false;
    behind_slash = c == '/';
  }
  return true;
}

std::string decoded(std::string_view path) {
  std::string text;
  text.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool whole = path[i] == '%' && i + 2 < path.size();
    const int high = whole ? hex_value(path[i + 1]) : -1, low = whole ? hex_value(path[i + 2]) : -1;
    if (high < 0 || low < 0) {
      text += path[i];
      continue;
    }
    text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return text;
}

// `text` is empty, or ends with an element.
void leave_element(std::string& text) {
  const auto slash = text.rfind('/');
  text.erase(slash == std::string::npos ? 0 : slash);
}

}  // namespace

std::string_view plain_path(std::string_view target, std::string& memory) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (is_plain(path) || !path.starts_with('/')) return path;
  const std::string full = decoded(path);
  memory.clear();
  bool ends_open = false;  // with "/", or with a "." or ".." that stands for it
  for (std::size_t at = 0; at < full.size();) {
    const auto begin = at + 1;
    const auto end = std::min(full.find('/', begin), full.size());
    const std::string_view element = std::string_view(full).substr(begin, end - begin);
    ends_open = element.empty() || element == "." || element == "..";
    if (element == "..") leave_element(memory);
    if (!ends_open) memory.append("/").append(element);
    at = end;
  }
  if (ends_open) memory += '/';
  return memory;
}

}  // namespace foretide::balancer
