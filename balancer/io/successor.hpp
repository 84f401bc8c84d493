// The balancer that is to replace this one, as seen from here: the program file started anew with
// our listening sockets, so that at no time nobody listens. Passing the sockets themselves matters:
// of two processes that merely share a port, the one that closes drops who stands in its queue.
//
//     we start it  ->  it serves, and says so  ->  we let go of what there can be only one of
//     (control link, admin pages), tell it by release(), and drain
//
// One that ends before it serves, or needs more than 10 s, is over: `on_failed` says why, and we
// go on as if nothing had been. All of it on the owner's io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "balancer/core/handed_sockets.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

class Successor {
 public:
  struct Handed {
    std::vector<int> sockets;  // they stay ours too
    std::vector<HandedSockets> told;
  };
  struct Callbacks {
    std::function<void(pid_t)> on_serving;
    std::function<void(std::string why)> on_failed;
  };
  // `argv` as ours was. The callbacks may end the successor.
  static Result<std::unique_ptr<Successor>> start(boost::asio::io_context& owner,
                                                  std::vector<std::string> argv,
                                                  const Handed& handed, Callbacks callbacks);
  ~Successor();  // ends one that does not serve yet

  // It may have the control link.
  void release();

 private:
  Successor(boost::asio::io_context& owner, Callbacks callbacks);
  void wait();
  void hear(const boost::system::error_code& error, std::size_t size);
  void fail(std::string why);
  std::string end();  // how it ended

  Callbacks callbacks_;
  boost::asio::posix::stream_descriptor line_;
  boost::asio::steady_timer timer_;
  pid_t pid_ = -1;  // while it does not serve
  char word_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The balancer that this one replaces, as seen from here.
class Predecessor {
 public:
  // From FORETIDE_PREDECESSOR, which is cleared. Nothing: there is none.
  static std::unique_ptr<Predecessor> from_environment(boost::asio::io_context& owner);

  // We serve. `on_released` is called once there is no other that speaks for us.
  void tell_serving(std::function<void()> on_released);

 private:
  Predecessor(boost::asio::io_context& owner, int line) : line_(owner, line) {}

  boost::asio::posix::stream_descriptor line_;
  char word_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace foretide::balancer
