// Splits a command line into the words that the program receives, as a shell would but without one.
//
// White space separates; 'single quotes' keep everything; "double quotes" keep everything but \"
// \\ \$ \` and a backslash before a line's end; a backslash elsewhere keeps the next character.
// Nothing else means anything: no variables, no globs, no `~`. Since no shell runs, a bare `&&`,
// `|`, `;`, `>` and their like are refused rather than handed to the program as words, which is
// never what their writer wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace foretide::settings {

Result<std::vector<std::string>> split_command(std::string_view command);

// The other way: one line that is read back as the same words, each in quotes where it needs them:
// a 'b c' {port}.
std::string command_text(const std::vector<std::string>& words);

}  // namespace foretide::settings
