#include "agent/io/quiet_watch.hpp"

#include <utility>

namespace foretide::agent {

QuietWatch::QuietWatch(boost::asio::io_context& owner, const ProcTree& tree, std::uint16_t port,
                       std::function<void()> on_quiet)
    : timer_(owner), tree_(tree), port_(port), on_quiet_(std::move(on_quiet)) {
  look_later(std::chrono::milliseconds(0));
}

void QuietWatch::look_later(std::chrono::milliseconds pause) {
  timer_.expires_after(pause);
  // A wait that was over before the timer was destroyed is still called, hence the token.
  timer_.async_wait(
      [this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
        if (error || alive.expired()) return;
        const Result<std::size_t> established = tree_.established(port_);
        if (established && *established == 0) {
          const std::function<void()> told = std::move(on_quiet_);
          return told();  // may destroy this
        }
        look_later(std::chrono::milliseconds(200));
      });
}

}  // namespace foretide::agent
