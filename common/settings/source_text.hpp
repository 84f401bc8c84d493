// The bytes of a settings file before YAML sees them: read within a limit, and known to be plain
// text.
//
// The YAML library guesses at encodings, skips over tabs and takes control characters in silence,
// so these are looked for first: a file must be UTF-8 (a byte order mark is dropped), without
// control characters, and its indentation must be of spaces. Files beyond 1 MiB are refused unread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/settings/positions.hpp"

namespace foretide::settings {

inline constexpr std::size_t kFileBytesMost = 1 << 20;

// The error names the path and the reason.
Result<std::string> file_text(const std::string& path);

class SourceText {
 public:
  explicit SourceText(std::string_view bytes);

  std::string_view text() const { return text_; }
  // False when something was reported: then the text is not worth parsing.
  bool check(Problems& problems) const;
  // `line` from 0, without its end; empty beyond the last.
  std::string_view line(int line) const;
  // False when a quote begins at that line and byte, both from 0, and has no end: YAML's reader
  // takes such a text to the end of the file without a word.
  bool closes_quote(int line, int byte) const;
  // For a line and a byte within it, both from 0.
  Position position(int line, int byte) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

}  // namespace foretide::settings
