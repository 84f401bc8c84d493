#include "common/io/http_client.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/ascii.hpp"

namespace foretide {
namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint64_t kAnswerBytesMax = 64 * 1024 * 1024;

// Waits until the descriptor is ready or the deadline has come; false: it came.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd item{fd, events, 0};
    const int ready = ::poll(&item, 1, static_cast<int>(std::clamp<long>(left, 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

// One TCP connection and what was read beyond the last answer.
struct HttpClient::Connection {
  enum class Read { kSome, kEnd, kTimeout, kFailed };

  Connection(int descriptor, Address server) : fd(descriptor), peer(std::move(server)) {}
  ~Connection() { ::close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static Result<std::unique_ptr<Connection>> open(const Address& server,
                                                  Clock::time_point deadline);
  Outcome write(std::string_view bytes, Clock::time_point deadline);
  Read read_more(Clock::time_point deadline);
  Outcome parse(Parser& parser, bool head_only, Clock::time_point deadline);
  Error late() const { return {peer.text() + " did not answer in time"}; }

  int fd;
  Address peer;
  std::string unread;
  bool answered = false;           // it has answered before, so it may have been closed since
  std::unique_ptr<Parser> stream;  // of an event stream
};

Result<std::unique_ptr<HttpClient::Connection>> HttpClient::Connection::open(
    const Address& server, Clock::time_point deadline) {
  const std::string at = "cannot reach " + server.text() + ": ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code =
      ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (code != 0) return Error{at + ::gai_strerror(code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  int problem = EHOSTUNREACH;
  for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
    const int fd = ::socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return Error{at + std::strerror(errno)};
    auto connection = std::make_unique<Connection>(fd, server);
    problem = ::connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
    if (problem == EINPROGRESS) {
      if (!wait_for(fd, POLLOUT, deadline)) return Error{at + "no answer in time"};
      socklen_t size = sizeof problem;
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (problem == 0) return connection;
  }
  return Error{at + std::strerror(problem)};
}

Outcome HttpClient::Connection::write(std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, deadline)) return late();
    } else if (errno != EINTR) {
      // It may have answered before it stopped listening; what it said is read next.
      break;
    }
  }
  return Done{};
}

HttpClient::Connection::Read HttpClient::Connection::read_more(Clock::time_point deadline) {
  std::array<char, 16384> bytes;
  while (true) {
    const auto got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got > 0) {
      unread.append(bytes.data(), static_cast<std::size_t>(got));
      return Read::kSome;
    }
    if (got == 0) return Read::kEnd;
    if (errno == EAGAIN) {
      if (!wait_for(fd, POLLIN, deadline)) return Read::kTimeout;
    } else if (errno != EINTR) {
      return Read::kFailed;
    }
  }
}

// Until the message is done, or its head is.
Outcome HttpClient::Connection::parse(Parser& parser, bool head_only, Clock::time_point deadline) {
  const auto enough = [&] { return head_only ? parser.is_header_done() : parser.is_done(); };
  while (!enough()) {
    boost::system::error_code error;
    if (!unread.empty()) {
      const auto used = parser.put(boost::asio::buffer(unread), error);
      unread.erase(0, used);
      if (error && error != http::error::need_more) {
        return Error{peer.text() + " did not speak HTTP: " + error.message()};
      }
      if (enough()) break;
    }
    switch (read_more(deadline)) {
      case Read::kSome:
        break;
      case Read::kTimeout:
        return late();
      case Read::kEnd:
      case Read::kFailed:
        if (parser.got_some()) parser.put_eof(error);
        if (!parser.got_some() || error || !enough()) {
          return Error{peer.text() + " closed the connection before it had answered"};
        }
    }
  }
  return Done{};
}

HttpClient::HttpClient(Address server, Milliseconds timeout)
    : server_(std::move(server)), timeout_(timeout) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

void HttpClient::set_header(const std::string& name, const std::string& value) {
  headers_[name] = value;
}

Result<HttpAnswer> HttpClient::get(const std::string& target) {
  return ask({.target = target});
}

Result<HttpAnswer> HttpClient::post(const std::string& target, std::string body,
                                    const std::string& content_type) {
  return ask({.method = "POST",
              .target = target,
              .headers = {{"Content-Type", content_type}},
              .body = std::move(body)});
}

std::string HttpClient::head_for(const HttpRequest& request) const {
  std::map<std::string, std::string> all = request.headers;
  all.insert(headers_.begin(), headers_.end());
  all.emplace("Host", server_.text());
  if (!request.body.empty() || request.method == "POST") {
    all.emplace("Content-Length", std::to_string(request.body.size()));
  }
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : all) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

Result<HttpAnswer> HttpClient::ask(const HttpRequest& request) {
  const bool kept = connection_ && connection_->answered;
  auto answer = exchange(request);
  // Closed while it was idle: the request never reached anybody.
  if (!answer && kept && answer.error().ends_with("before it had answered")) {
    connection_.reset();
    return exchange(request);
  }
  return answer;
}

Result<HttpAnswer> HttpClient::exchange(const HttpRequest& request) {
  const auto deadline = Clock::now() + timeout_;
  if (!connection_) {
    auto opened = Connection::open(server_, deadline);
    if (!opened) return Error{opened.error()};
    connection_ = std::move(*opened);
  }
  std::unique_ptr<Connection> connection = std::move(connection_);
  if (auto sent = connection->write(head_for(request) + request.body, deadline); !sent) {
    return Error{sent.error()};
  }
  Parser parser;
  parser.body_limit(kAnswerBytesMax);
  parser.eager(true);
  parser.skip(request.method == "HEAD");
  if (auto parsed = connection->parse(parser, false, deadline); !parsed) {
    return Error{parsed.error()};
  }
  auto& message = parser.get();
  HttpAnswer answer{.status = static_cast<int>(message.result_int()), .headers = {}, .body = {}};
  for (const auto& field : message) {
    answer.headers[lower_case(std::string(field.name_string()))] = std::string(field.value());
  }
  answer.body = std::move(message.body());
  if (message.keep_alive()) {
    connection->answered = true;
    connection_ = std::move(connection);
  }
  return answer;
}

Result<HttpClient::EventStream> HttpClient::events(const std::string& target) {
  const auto deadline = Clock::now() + timeout_;
  auto opened = Connection::open(server_, deadline);
  if (!opened) return Error{opened.error()};
  std::unique_ptr<Connection> connection = std::move(*opened);
  const HttpRequest request{.target = target, .headers = {{"Accept", "text/event-stream"}}};
  if (auto sent = connection->write(head_for(request), deadline); !sent) return Error{sent.error()};
  connection->stream = std::make_unique<Parser>();
  connection->stream->body_limit(boost::none);
  connection->stream->eager(true);
  Parser& parser = *connection->stream;
  if (auto parsed = connection->parse(parser, true, deadline); !parsed) {
    return Error{parsed.error()};
  }
  if (parser.get().result() != http::status::ok) {
    (void)connection->parse(parser, false, deadline);
    return Error{server_.text() + " answered " + std::to_string(parser.get().result_int()) + ": " +
                 parser.get().body()};
  }
  return EventStream(std::move(connection));
}

HttpClient::EventStream::EventStream(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
HttpClient::EventStream::~EventStream() = default;
HttpClient::EventStream::EventStream(EventStream&&) noexcept = default;
HttpClient::EventStream& HttpClient::EventStream::operator=(EventStream&&) noexcept = default;

// Takes the first whole event off the text; a block without data (a comment) is none.
std::optional<HttpEvent> HttpClient::EventStream::take_event() {
  for (auto end = unread_.find("\n\n"); end != std::string::npos; end = unread_.find("\n\n")) {
    std::string block = unread_.substr(0, end + 1);
    unread_.erase(0, end + 2);
    HttpEvent event;
    bool has_data = false;
    for (auto line_end = block.find('\n'); line_end != std::string::npos;
         line_end = block.find('\n')) {
      const std::string line = block.substr(0, line_end);
      block.erase(0, line_end + 1);
      if (line.starts_with("event: ")) event.event = line.substr(7);
      if (!line.starts_with("data: ")) continue;
      event.data += (has_data ? "\n" : "") + line.substr(6);
      has_data = true;
    }
    if (has_data) return event;
  }
  return std::nullopt;
}

Result<std::optional<HttpEvent>> HttpClient::EventStream::next(Milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const Error over{connection_->peer.text() + " ended the stream"};
  while (true) {
    Parser& parser = *connection_->stream;
    unread_ += std::exchange(parser.get().body(), {});
    if (auto event = take_event()) return event;
    if (parser.is_done()) return over;
    switch (connection_->read_more(deadline)) {
      case Connection::Read::kTimeout:
        return std::optional<HttpEvent>{};
      case Connection::Read::kEnd:
      case Connection::Read::kFailed:
        return over;
      case Connection::Read::kSome:
        break;
    }
    boost::system::error_code error;
    connection_->unread.erase(0, parser.put(boost::asio::buffer(connection_->unread), error));
    if (error && error != http::error::need_more) {
      return Error{connection_->peer.text() + " did not speak HTTP: " + error.message()};
    }
  }
}

}  // namespace foretide
