// Writes a command's words as one line that a cluster file's `command:` reads back as the same
// words.
#pragma once

#include <string>
#include <vector>

namespace foretide::cli {

// Each word in quotes where it needs them: a 'b c' {port}.
std::string command_text(const std::vector<std::string>& words);

// A YAML scalar in double quotes.
std::string yaml_quoted(const std::string& text);

}  // namespace foretide::cli
