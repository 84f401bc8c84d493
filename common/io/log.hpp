// The log: standard error, one line an event, "2024-05-06T07:08:09.123+02:00 info agent: text".
// What to do with it (files, rotation, shipping) is for whoever starts the program. Use it as
// `spdlog::info("…")` after start_log(). The level is `debug`, `info`, `warn` or `error`, from
// FORETIDE_LOG or `info`. Alike lines are limited (line_limit.hpp), errors too; `debug` turns the
// limit off.
#pragma once

#include <string>

namespace foretide {

void start_log(const std::string& program);

}  // namespace foretide
