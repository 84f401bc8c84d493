#include "common/io/shutdown.hpp"

#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

#include "common/io/log.hpp"

namespace foretide {

struct Shutdown::Watch {
  explicit Watch(boost::asio::io_context& owner) : signals(owner, SIGTERM, SIGINT, SIGHUP) {}
  static void wait(const std::shared_ptr<Watch>& watch);
  void on_signal(int number);

  boost::asio::signal_set signals;
  std::function<void()> on_end, on_reload;
  bool ending = false;
  bool closed = false;
};

void Shutdown::Watch::wait(const std::shared_ptr<Watch>& watch) {
  watch->signals.async_wait([watch](const boost::system::error_code& error, int number) {
    if (error || watch->closed) return;
    wait(watch);
    watch->on_signal(number);
  });
}

void Shutdown::Watch::on_signal(int number) {
  if (number == SIGHUP) {
    if (on_reload) on_reload();
    return;
  }
  if (std::exchange(ending, true)) {
    spdlog::warn("told to end a second time: leaving at once");
    ::_exit(130);
  }
  spdlog::info("ending: {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
  on_end();
}

Shutdown::Shutdown(boost::asio::io_context& owner, std::function<void()> on_end,
                   std::function<void()> on_reload)
    : watch_(std::make_shared<Watch>(owner)) {
  watch_->on_end = std::move(on_end);
  watch_->on_reload = std::move(on_reload);
  std::signal(SIGPIPE, SIG_IGN);
  Watch::wait(watch_);
}

Shutdown::~Shutdown() {
  watch_->closed = true;
  boost::system::error_code ignored;
  watch_->signals.clear(ignored);
  watch_->signals.cancel(ignored);
}

}  // namespace foretide
