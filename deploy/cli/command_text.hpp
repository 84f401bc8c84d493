// Writes a command's words as one line that a cluster file's `command:` reads back as the same
// words.
#pragma once

#include <string>

#include "common/settings/command_words.hpp"

namespace foretide::cli {

using settings::command_text;

// A YAML scalar in double quotes.
std::string yaml_quoted(const std::string& text);

}  // namespace foretide::cli
