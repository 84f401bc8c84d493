// Signals as events on an io_context: SIGTERM and SIGINT ask the program to end, SIGHUP to reload.
// The second request to end does not ask: it exits at once with status 130, for an operator whose
// first Ctrl-C is taking too long. SIGPIPE is ignored, writing to a closed connection is an
// error_code.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace foretide {

class Shutdown {
 public:
  // `on_reload` may be empty: then SIGHUP is ignored.
  Shutdown(boost::asio::io_context& owner, std::function<void()> on_end,
           std::function<void()> on_reload = {});
  ~Shutdown();  // signals have their default effect again; nothing is called back afterwards

 private:
  struct Watch;
  std::shared_ptr<Watch> watch_;
};

}  // namespace foretide
