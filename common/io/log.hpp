// The log: standard error, one line an event, "2024-05-06T07:08:09.123+02:00 info agent: text".
// What to do with it (files, rotation, shipping) is for whoever starts the program. Use it as
// `spdlog::info("…")` after start_log(). The level is `debug`, `info`, `warn` or `error`, from
// FORETIDE_LOG or `info`. Alike lines are limited (line_limit.hpp), errors too; `debug` turns the
// limit off.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

// fmt's whole formatter would be compiled again in every file that logs; the library has it.
namespace fmt::detail {
extern template void vformat_to<char>(buffer<char>&, basic_string_view<char>,
                                      basic_format_args<FMT_BUFFER_CONTEXT(char)>, locale_ref);
}

namespace foretide {

void start_log(const std::string& program);

}  // namespace foretide
