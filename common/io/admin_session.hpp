// One connection to the admin API, as a coroutine that reads straight down: head, gate, body,
// answer, and again. Its state lives in its frame; the listener keeps a plain pointer to it only to
// close it. Part of admin_server; nothing else includes it.
#pragma once

#include <utility>  // before Asio, whose coroutine headers of 1.74 forget it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <string>

#include "common/io/admin_gate.hpp"
#include "common/io/admin_server.hpp"

namespace foretide {

using AdminExecutor = boost::asio::io_context::executor_type;
using AdminSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, AdminExecutor>;
using AdminTimer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, AdminExecutor>;

struct AdminConnection;

struct AdminServer::Listener {
  Listener(boost::asio::io_context& owner, Settings settings, Answer to_call);
  void close();

  boost::asio::io_context& owner;
  AdminGate gate;
  Answer answer;
  Address bound;
  bool closed = false;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, AdminExecutor> acceptor;
  std::set<AdminConnection*> connections;
};

using AdminListener = AdminServer::Listener;

// Registered with the listener as long as it lives.
struct AdminConnection {
  AdminConnection(std::shared_ptr<AdminListener> owner, AdminSocket socket);
  ~AdminConnection();
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;
  void close();

  std::shared_ptr<AdminListener> listener;
  boost::beast::basic_stream<boost::asio::ip::tcp, AdminExecutor> stream;
  boost::beast::flat_buffer buffer;
  std::string local_ip;

  // An event stream's part: what it has not sent yet, and what wakes it.
  bool streams_events = false;
  std::deque<std::shared_ptr<const std::string>> events;
  AdminTimer wake;
};

boost::asio::awaitable<void, AdminExecutor> run_admin_session(
    std::shared_ptr<AdminListener> listener, AdminSocket socket);

}  // namespace foretide
