// Whether a command's first word can be run at all, asked before anything is started: a worker that
// can never start would only be tried again and again.
//
// Looks where the agent will look: a word with a slash is a path, from the current directory;
// another is searched in PATH, whose empty and relative entries are not followed. A word with a
// placeholder is known only for a worker, and passes.
#pragma once

#include <string>

#include "common/result.hpp"

namespace foretide::cli {

// `path_list` is PATH's value. An Error is a sentence that names the word.
Outcome check_runnable(const std::string& program, const std::string& path_list);

}  // namespace foretide::cli
