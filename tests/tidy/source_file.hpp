// The files of this repository as the tidy rules see them: path, text, and the text without
// comments and literals, so that a rule about code is not tripped by a sentence about it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace foretide::tidy {

struct SourceFile {
  std::string path;  // from the repository's root, with '/'
  std::string text;
};

struct Include {
  int line = 0;
  std::string name;    // as written between the brackets or quotes
  bool angle = false;  // <name>, not "name"
};

bool is_cpp(const SourceFile& file);
bool is_header(const SourceFile& file);

// Lines of text, without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

// The same lines, with spaces in place of comments and of what stands inside literals.
std::string code_of(std::string_view text);

std::vector<Include> includes_of(std::string_view text);

// Whether `word` stands in `line` with no letter, digit or _ beside it.
bool has_word(std::string_view line, std::string_view word);

// Every text file below `root`, sorted by path, but for what is built, hidden (.ci and the like at
// the top are seen), or fetched: build*/, .git, node_modules. A file with a zero byte is no text.
std::vector<SourceFile> files_below(const std::filesystem::path& root);

}  // namespace foretide::tidy
