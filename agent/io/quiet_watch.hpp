// Waits until no connection is established on a worker's port: what an agent does before it stops a
// worker while some balancer could not be asked. Reads the host's whole table of connections five
// times a second; the roster sets the longest time (the drain).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "agent/io/proc_tree.hpp"

namespace foretide::agent {

class QuietWatch {
 public:
  // Called once. A table that cannot be read never counts as quiet.
  QuietWatch(boost::asio::io_context& owner, const ProcTree& tree, std::uint16_t port,
             std::function<void()> on_quiet);

 private:
  void look_later(std::chrono::milliseconds pause);

  boost::asio::steady_timer timer_;
  const ProcTree& tree_;
  std::uint16_t port_;
  std::function<void()> on_quiet_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace foretide::agent
