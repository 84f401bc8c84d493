#include "common/settings/source_text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "common/utf8.hpp"

namespace foretide::settings {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

}  // namespace

Result<std::string> file_text(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return Error{path + ": is a directory, not a file"};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO)};
  std::string text(kFileBytesMost + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return Error{path + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMost) {
    return Error{path + ": is larger than 1 MiB, which no settings file needs"};
  }
  return text;
}

SourceText::SourceText(std::string_view bytes)
    : text_(bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

bool SourceText::check(Problems& problems) const {
  if (text_.size() > kFileBytesMost) {
    problems.add({}, "the text is larger than 1 MiB, which no settings file needs");
    return false;
  }
  bool fine = true;
  const auto report = [&](int at_line, std::size_t byte, const char* what) {
    problems.add(position(at_line, static_cast<int>(byte)), what);
    fine = false;
  };
  for (int i = 0; i < static_cast<int>(line_starts_.size()); ++i) {
    const std::string_view content = line(i);
    const std::size_t indent = std::min(content.find_first_not_of(" \t"), content.size());
    const std::size_t tab = content.find('\t');
    if (tab < indent && indent < content.size()) {
      report(i, tab, "a tab in the indentation, YAML wants spaces");
    }
    for (std::size_t at = 0; at < content.size();) {
      const std::size_t length = utf8_character_length(content.substr(at));
      if (length == 0) {
        report(i, at, "not UTF-8 text, save the file in that encoding");
        return false;
      }
      if (is_control(content[at])) {
        report(i, at, "a control character, remove it");
        break;
      }
      at += length;
    }
  }
  return fine;
}

std::string_view SourceText::line(int line) const {
  if (line < 0 || line >= static_cast<int>(line_starts_.size())) return {};
  const std::size_t start = line_starts_[static_cast<std::size_t>(line)];
  std::string_view content = text_.substr(start, text_.find('\n', start) - start);
  if (content.ends_with('\r')) content.remove_suffix(1);
  return content;
}

bool SourceText::closes_quote(int at_line, int byte) const {
  if (at_line < 0 || at_line >= static_cast<int>(line_starts_.size()) || byte < 0) return true;
  const std::size_t start =
      line_starts_[static_cast<std::size_t>(at_line)] + static_cast<std::size_t>(byte);
  if (start >= text_.size() || (text_[start] != '"' && text_[start] != '\'')) return true;
  const char quote = text_[start];
  for (std::size_t i = start + 1; i < text_.size(); ++i) {
    if (text_[i] == '\\' && quote == '"') {
      ++i;
    } else if (text_[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

Position SourceText::position(int at_line, int byte) const {
  if (at_line < 0) return {};
  const std::string_view before =
      line(at_line).substr(0, static_cast<std::size_t>(std::max(byte, 0)));
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  const auto continuations = std::count_if(before.begin(), before.end(), continues);
  return {at_line + 1, std::max(byte, 0) - static_cast<int>(continuations) + 1};
}

}  // namespace foretide::settings
