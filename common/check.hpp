// CHECK stops the program when one of our own promises is broken; it stays on in every build. It is
// not for what the outside world may do: that is a Result or an error_code. The text says why the
// condition must hold, so that the message is an explanation and not a riddle.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHECK(condition, why)                                                           \
  do {                                                                                  \
    if (!(condition)) [[unlikely]] {                                                    \
      std::fprintf(stderr, "%s:%d: broken promise: %s (%s)\n", __FILE__, __LINE__, why, \
                   #condition);                                                         \
      std::abort();                                                                     \
    }                                                                                   \
  } while (false)
