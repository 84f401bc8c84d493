#include "agent/core/placeholders.hpp"

namespace foretide::agent {

std::string filled(std::string_view text, const Placeholders& with) {
  std::string out;
  while (!text.empty()) {
    const std::size_t brace = text.find('{');
    out.append(text.substr(0, brace));
    if (brace == std::string_view::npos) break;
    const bool is_reference = brace > 0 && text[brace - 1] == '$';
    text.remove_prefix(brace);
    std::string_view taken = "{";
    if (is_reference) {
      taken = text.substr(0, text.find('}'));
      out.append(taken);
    } else if (text.starts_with("{host}")) {
      taken = "{host}";
      out.append(with.host);
    } else if (text.starts_with("{port}")) {
      taken = "{port}";
      out.append(std::to_string(with.port));
    } else if (text.starts_with("{id}")) {
      taken = "{id}";
      out.append(with.id.text);
    } else {
      out.append(taken);
    }
    text.remove_prefix(taken.size());
  }
  return out;
}

}  // namespace foretide::agent
