// Filling `{host}`, `{port}` and `{id}` into a command and its environment. Whatever else stands in
// braces is the command's own and stays (`{"a": 1}` is a fine argument), and so does a reference
// such as
// `${env:port}`: those are resolved at exec, by io/launch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/ids.hpp"

namespace foretide::agent {

struct Placeholders {
  std::string host;
  std::uint16_t port = 0;
  WorkerId id;
};

std::string filled(std::string_view text, const Placeholders& with);

}  // namespace foretide::agent
