#include "common/io/admin_server.hpp"

#include <utility>  // before Asio, whose coroutine headers of 1.74 forget it

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>

#include "common/io/admin_session.hpp"
#include "common/io/log.hpp"
#include "common/url.hpp"

namespace foretide {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr std::size_t kConnectionsMax = 64;
constexpr std::size_t kEventsBehindMax = 256;
constexpr std::chrono::milliseconds kAcceptPause{100};

// Every coroutine of this server ends here.
void log_end(std::exception_ptr problem) {
  if (!problem) return;
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& failed) {
    spdlog::error("an admin connection ended by a fault: {}", failed.what());
  }
}

void turn_away(AdminSocket socket) {
  static constexpr char kFull[] =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(kFull, sizeof kFull - 1), ignored);
}

net::awaitable<void, AdminExecutor> accept_all(std::shared_ptr<AdminListener> listener) {
  AdminTimer pause(listener->owner.get_executor());
  while (!listener->closed) {
    error_code error;
    AdminSocket socket = co_await listener->acceptor.async_accept(
        net::redirect_error(net::use_awaitable_t<AdminExecutor>{}, error));
    if (listener->closed) co_return;
    if (error) {  // descriptors are used up, or the peer has left already
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable_t<AdminExecutor>{}, error));
    } else if (listener->connections.size() >= kConnectionsMax) {
      turn_away(std::move(socket));
    } else {
      net::co_spawn(listener->owner, run_admin_session(listener, std::move(socket)), log_end);
    }
  }
}

Error cannot_listen(const Address& address, const error_code& error) {
  const std::string at = "cannot listen on " + address.text() + ": ";
  if (error == net::error::address_in_use) return {at + "the address is in use by another program"};
  if (error == net::error::access_denied) {
    return {at + "permission denied (ports below 1024 need a privilege)"};
  }
  if (error.value() == EADDRNOTAVAIL) return {at + "this host has no such address"};
  return {at + error.message()};
}

std::string literal_host(const std::string& host) {
  if (host.empty()) return "0.0.0.0";
  return host == "localhost" ? "127.0.0.1" : host;
}

}  // namespace

std::map<std::string, std::string> AdminRequest::form() const {
  if (!content_type.starts_with("application/x-www-form-urlencoded")) return {};
  return parse_query(body).value_or(std::map<std::string, std::string>{});
}

AdminServer::Listener::Listener(boost::asio::io_context& on, Settings settings, Answer to_call)
    : owner(on),
      gate{settings.listen, std::move(settings.token)},
      answer(std::move(to_call)),
      bound(settings.listen),
      acceptor(on.get_executor()) {}

void AdminServer::Listener::close() {
  closed = true;
  error_code ignored;
  acceptor.close(ignored);
  for (AdminConnection* connection : connections) connection->close();
}

Result<std::unique_ptr<AdminServer>> AdminServer::listen(boost::asio::io_context& owner,
                                                         Settings settings, Answer answer) {
  const int handed = settings.socket;
  auto listener = std::make_shared<Listener>(owner, std::move(settings), std::move(answer));
  const Address& wanted = listener->gate.listen;
  error_code error;
  const auto ip = net::ip::make_address(literal_host(wanted.host), error);
  if (error) return Error{"cannot listen on " + wanted.text() + ": an IP address is needed here"};
  const tcp::endpoint endpoint(ip, wanted.port);
  if (handed >= 0) {
    listener->acceptor.assign(endpoint.protocol(), handed, error);
  } else {
    listener->acceptor.open(endpoint.protocol(), error);
    if (!error) listener->acceptor.set_option(net::socket_base::reuse_address(true), error);
    if (!error) listener->acceptor.bind(endpoint, error);
    if (!error) listener->acceptor.listen(net::socket_base::max_listen_connections, error);
  }
  if (error) return cannot_listen(wanted, error);
  listener->bound.port = listener->acceptor.local_endpoint().port();
  net::co_spawn(owner, accept_all(listener), log_end);
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(listener)));
}

AdminServer::AdminServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

AdminServer::~AdminServer() {
  listener_->close();
}

Address AdminServer::bound() const {
  return listener_->bound;
}

int AdminServer::descriptor() const {
  return listener_->acceptor.native_handle();
}

void AdminServer::publish(std::string_view event, std::string_view data) {
  std::string text = "event: " + std::string(event) + "\n";
  while (true) {
    const std::string_view line = data.substr(0, data.find('\n'));
    text.append("data: ").append(line).append("\n");
    if (line.size() == data.size()) break;
    data.remove_prefix(line.size() + 1);
  }
  const auto shared = std::make_shared<const std::string>(text + "\n");
  for (AdminConnection* connection : listener_->connections) {
    if (!connection->streams_events) continue;
    if (connection->events.size() >= kEventsBehindMax) {
      connection->close();
    } else {
      connection->events.push_back(shared);
      connection->wake.cancel();
    }
  }
}

}  // namespace foretide
