#include "tests/tidy/source_file.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace foretide::tidy {

namespace {

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Blanks comments and literals; each `skip_` begins at the opening mark and ends behind the closing
// one.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), code_(text) {}

  std::string code() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//")) {
        blank_to(std::min(text_.find('\n', at_), text_.size()));
      } else if (rest.starts_with("/*")) {
        blank_behind("*/", at_ + 2);
      } else if (rest.starts_with("R\"") && !follows_word()) {
        const std::size_t open = text_.find('(', at_);
        if (open == std::string_view::npos) return code_;
        blank_behind(")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"", open);
      } else if (rest.front() == '"' || (rest.front() == '\'' && !follows_word())) {
        skip_literal(rest.front());
      } else {
        ++at_;
      }
    }
    return code_;
  }

 private:
  bool follows_word() const { return at_ > 0 && is_word_character(text_[at_ - 1]); }

  void blank_to(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') code_[at_] = ' ';
    }
  }

  void blank_behind(std::string_view closing, std::size_t from) {
    const std::size_t found = text_.find(closing, from);
    blank_to(found == std::string_view::npos ? text_.size() : found + closing.size());
  }

  void skip_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    blank_to(std::min(end + 1, text_.size()));
  }

  std::string_view text_;
  std::string code_;
  std::size_t at_ = 0;
};

bool is_skipped(const std::filesystem::path& relative) {
  const std::string name = relative.filename().string();
  const bool top = !relative.has_parent_path();
  if (top && name.starts_with("build")) return true;
  if (top && name == ".ci") return false;
  return name == "node_modules" || name == ".git" || name == ".cache" || name == ".venv";
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

bool is_header(const SourceFile& file) {
  return file.path.ends_with(".hpp");
}

bool is_cpp(const SourceFile& file) {
  return is_header(file) || file.path.ends_with(".cpp");
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string code_of(std::string_view text) {
  return Blanker(text).code();
}

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> includes;
  int number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    const auto skip_spaces = [&] {
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    };
    skip_spaces();
    if (!line.starts_with('#')) continue;
    line.remove_prefix(1);
    skip_spaces();
    if (!line.starts_with("include")) continue;
    line.remove_prefix(7);
    skip_spaces();
    if (line.empty() || (line.front() != '<' && line.front() != '"')) continue;
    const bool angle = line.front() == '<';
    const std::size_t close = line.find(angle ? '>' : '"', 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({number, std::string(line.substr(1, close - 1)), angle});
  }
  return includes;
}

bool has_word(std::string_view line, std::string_view word) {
  for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word_character(line[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == line.size() || !is_word_character(line[end]))) return true;
  }
  return false;
}

std::vector<SourceFile> files_below(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    const fs::path relative = entry->path().lexically_relative(root);
    if (is_skipped(relative)) {
      if (entry->is_directory()) entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file() || entry->is_symlink()) continue;
    std::string text = text_of(entry->path());
    if (text.find('\0') == std::string::npos)
      files.push_back({relative.generic_string(), std::move(text)});
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace foretide::tidy
