// Runs an io_context until something is true, or five seconds (thirty under a sanitizer) have gone
// by.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

namespace foretide {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::chrono::seconds kPatience{30};
#else
inline constexpr std::chrono::seconds kPatience{10};
#endif

template <class Condition>
bool run_until(boost::asio::io_context& io, Condition condition,
               std::chrono::milliseconds patience = kPatience) {
  io.restart();  // it stopped when it last ran out of work
  const auto work = boost::asio::make_work_guard(io);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace foretide
