#include "common/io/admin_session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>

#include "common/io/log.hpp"
#include "common/url.hpp"

namespace foretide {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using namespace std::chrono_literals;

template <class T>
using Awaitable = net::awaitable<T, AdminExecutor>;
using Parser = http::request_parser<http::string_body>;

constexpr std::uint32_t kHeadBytesMax = 16 * 1024;
constexpr std::uint64_t kBodyBytesMax = 1024 * 1024;
constexpr std::size_t kBufferBytesMax = 64 * 1024;
constexpr auto kIdleMax = 30s;
constexpr auto kLinger = 2s;
constexpr auto kHeartbeat =
    15s;  // a comment on a silent event stream, to notice that its reader left
constexpr int kLingerReadsMax = 1024;

auto into(error_code& error) {
  return net::redirect_error(net::use_awaitable_t<AdminExecutor>{}, error);
}

AdminResponse error_response(int status, const std::string& reason) {
  return {.status = status, .body = "{\"error\":\"" + reason + "\"}\n"};
}

std::string_view view(boost::string_view text) {
  return {text.data(), text.size()};
}

std::string_view path_of(const Parser& parser) {
  const std::string_view target = view(parser.get().target());
  return target.substr(0, target.find('?'));
}

std::optional<AdminRefusal> refusal_for(const AdminConnection& connection, const Parser& parser) {
  const auto& head = parser.get();
  return connection.listener->gate.refusal_for(
      {.method = view(head.method_string()),
       .path = path_of(parser),
       .host = view(head[http::field::host]),
       .origin = view(head[http::field::origin]),
       .authorization = view(head[http::field::authorization])},
      connection.local_ip);
}

// Nothing when the target is not well-formed.
std::optional<AdminRequest> request_from(Parser& parser) {
  const auto& head = parser.get();
  const std::string_view target = view(head.target());
  const auto question = target.find('?');
  auto path = percent_decoded(target.substr(0, question));
  auto query = parse_query(question == std::string_view::npos ? std::string_view{}
                                                              : target.substr(question + 1));
  if (!path || !query || !path->starts_with('/')) return std::nullopt;
  AdminRequest request;
  request.method = std::string(view(head.method_string()));
  if (request.method == "HEAD") request.method = "GET";
  request.path = std::move(*path);
  request.query = std::move(*query);
  request.content_type = std::string(view(head[http::field::content_type]));
  request.accept = std::string(view(head[http::field::accept]));
  request.body = std::move(parser.get().body());
  return request;
}

AdminResponse answer_to(AdminListener& listener, const AdminRequest& request) {
  try {
    return listener.answer(request);
  } catch (const std::exception& problem) {
    spdlog::error("{} {} failed: {}", request.method, request.path, problem.what());
    return error_response(500, "this is a fault of the server; its log says more");
  }
}

struct Reply {
  AdminResponse response;
  bool keep_alive = false;
  bool head_only = false;
};

std::string text_of(const Reply& reply) {
  const AdminResponse& response = reply.response;
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason) +
                     "\r\nContent-Type: " + response.content_type +
                     "\r\nContent-Length: " + std::to_string(response.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (response.status == 401) text += "WWW-Authenticate: Bearer\r\n";
  if (!reply.keep_alive) text += "Connection: close\r\n";
  text += "\r\n";
  return reply.head_only ? text : text + response.body;
}

// True: all were written.
Awaitable<bool> write_bytes(AdminConnection& connection, std::shared_ptr<const std::string> bytes) {
  error_code error;
  connection.stream.expires_after(kIdleMax);
  co_await net::async_write(connection.stream, net::buffer(*bytes), into(error));
  connection.stream.expires_never();
  co_return !error;
}

Awaitable<bool> write_reply(AdminConnection& connection, Reply reply) {
  auto text = std::make_shared<const std::string>(text_of(reply));
  const bool written = co_await write_bytes(connection, std::move(text));
  co_return written;
}

// Refuses, and reads what the peer still sends for a moment: closing at once would reset the
// connection and take the answer with it.
Awaitable<bool> refuse(AdminConnection& connection, AdminResponse response) {
  Reply reply;
  reply.response = std::move(response);
  const bool written = co_await write_reply(connection, std::move(reply));
  if (!written) co_return false;
  error_code error;
  connection.stream.socket().shutdown(AdminSocket::shutdown_send, error);
  connection.stream.expires_after(kLinger);
  for (int reads = 0; !error && reads < kLingerReadsMax; ++reads) {
    connection.buffer.clear();
    co_await connection.stream.async_read_some(connection.buffer.prepare(4096), into(error));
  }
  co_return false;
}

Awaitable<void> stream_events(AdminConnection& connection, AdminResponse first) {
  static const auto heartbeat = std::make_shared<const std::string>(": still here\n\n");
  // Listens from now on: what is published while the head is written must not be lost.
  connection.streams_events = true;
  auto head = std::make_shared<const std::string>(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "Connection: close\r\nX-Accel-Buffering: no\r\n\r\n" +
      first.body);
  bool written = co_await write_bytes(connection, std::move(head));
  while (written && !connection.listener->closed && connection.streams_events) {
    if (connection.events.empty()) {
      error_code woken;
      connection.wake.expires_after(kHeartbeat);
      co_await connection.wake.async_wait(into(woken));
      if (!woken && connection.events.empty())
        written = co_await write_bytes(connection, heartbeat);
      continue;
    }
    auto event = std::move(connection.events.front());
    connection.events.pop_front();
    written = co_await write_bytes(connection, std::move(event));
  }
  connection.streams_events = false;
}

// The status that a failed read deserves; 0 when there is nobody to tell.
int status_for(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

AdminResponse response_for_failed_read(int status) {
  switch (status) {
    case 431:
      return error_response(431, "the head is larger than 16 KiB");
    case 413:
      return error_response(413, "the body is larger than 1 MiB");
    default:
      return error_response(400, "this is no HTTP/1.1 request");
  }
}

Awaitable<bool> send_continue(AdminConnection& connection) {
  static const auto go_on = std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n");
  return write_bytes(connection, go_on);
}

enum class Part { kHead, kWhole };

// Reads until that part of the message is there. By the smallest step that Beast has, for both:
// each of its larger ones costs seconds of compile time.
Awaitable<error_code> read_into(Parser& parser, AdminConnection& connection, Part part) {
  const auto is_there = [&] {
    return part == Part::kHead ? parser.is_header_done() : parser.is_done();
  };
  error_code error;
  parser.eager(part == Part::kWhole);
  while (!error && !is_there()) {
    co_await http::async_read_some(connection.stream, connection.buffer, parser, into(error));
  }
  co_return error;
}

// True: the connection takes another request.
Awaitable<bool> serve_one(AdminConnection& connection) {
  Parser parser;
  parser.header_limit(kHeadBytesMax);
  parser.body_limit(kBodyBytesMax);
  connection.stream.expires_after(kIdleMax);
  error_code error = co_await read_into(parser, connection, Part::kHead);
  if (!error) {
    if (const auto refusal = refusal_for(connection, parser)) {
      AdminResponse refused = error_response(refusal->status, refusal->reason);
      const bool again = co_await refuse(connection, std::move(refused));
      co_return again;
    }
    if (view(parser.get()[http::field::expect]) == "100-continue") {
      const bool written = co_await send_continue(connection);
      if (!written) co_return false;
      connection.stream.expires_after(kIdleMax);
    }
    error = co_await read_into(parser, connection, Part::kWhole);
  }
  if (error) {
    const int status = status_for(error);
    if (status == 0) co_return false;
    AdminResponse failed = response_for_failed_read(status);
    const bool again = co_await refuse(connection, std::move(failed));
    co_return again;
  }
  if (connection.listener->closed) co_return false;
  const std::optional<AdminRequest> request = request_from(parser);
  AdminResponse response = request ? answer_to(*connection.listener, *request)
                                   : error_response(400, "the path is not well-formed");
  if (response.event_stream && !connection.listener->closed) {
    co_await stream_events(connection, std::move(response));
    co_return false;
  }
  Reply reply{.response = std::move(response),
              .keep_alive = parser.get().keep_alive(),
              .head_only = parser.get().method() == http::verb::head};
  const bool keep_alive = reply.keep_alive;
  const bool written = co_await write_reply(connection, std::move(reply));
  const bool again = written && keep_alive && !connection.listener->closed;
  co_return again;
}

}  // namespace

AdminConnection::AdminConnection(std::shared_ptr<AdminListener> owner, AdminSocket socket)
    : listener(std::move(owner)),
      stream(std::move(socket)),
      buffer(kBufferBytesMax),
      wake(listener->owner.get_executor()) {
  error_code error;
  const auto local = stream.socket().local_endpoint(error);
  if (!error) local_ip = local.address().to_string();
  listener->connections.insert(this);
}

AdminConnection::~AdminConnection() {
  listener->connections.erase(this);
}

void AdminConnection::close() {
  streams_events = false;
  wake.cancel();
  error_code error;
  stream.socket().close(error);
}

boost::asio::awaitable<void, AdminExecutor> run_admin_session(
    std::shared_ptr<AdminListener> listener, AdminSocket socket) {
  AdminConnection connection(std::move(listener), std::move(socket));
  bool again = true;
  while (again) again = co_await serve_one(connection);
}

}  // namespace foretide
