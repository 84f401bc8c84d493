#include "deploy/cli/load_run.hpp"

#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "common/address.hpp"

namespace foretide::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Moment = steady_clock::time_point;
using Answer = http::response_parser<http::string_body>;

constexpr milliseconds kTick{2};
constexpr std::size_t kAnswerBytesMax = 16 << 20;

class LoadRun {
 public:
  LoadRun(const LoadSettings& settings, const std::function<bool()>& end_asked,
          LoadProgress& progress)
      : settings_(settings), end_asked_(end_asked), progress_(progress) {
    request_ = "GET " + settings.target.path +
               " HTTP/1.1\r\nHost: " + Address{settings.target.host, settings.target.port}.text() +
               "\r\nUser-Agent: foretide-load\r\n\r\n";
  }

  LoadResult run() {
    const auto begun = steady_clock::now();
    error_code error;
    asio::ip::tcp::resolver resolver(loop_);
    found_ = resolver.resolve(settings_.target.host, std::to_string(settings_.target.port), error);
    if (error) {
      result_.failures["cannot resolve " + settings_.target.host + ": " + error.message()] = 1;
      result_.sent = result_.failed = 1;
      return result_;
    }
    asio::co_spawn(loop_, pace(), asio::detached);
    loop_.run();
    result_.seconds = std::chrono::duration<double>(steady_clock::now() - begun).count();
    return result_;
  }

 private:
  // A connection that waits for work; its timer is cancelled to wake it.
  struct Connection {
    explicit Connection(asio::io_context& loop) : stream(loop), wake(loop) {}
    beast::tcp_stream stream;
    asio::steady_timer wake;
    beast::flat_buffer buffer;
    bool open = false;
  };

  asio::awaitable<void> pace() {
    const auto begun = steady_clock::now();
    asio::steady_timer timer(loop_);
    error_code ignored;
    double second = 0;
    while (second < settings_.shape.seconds && !end_asked_()) {
      second = std::chrono::duration<double>(steady_clock::now() - begun).count();
      const auto due = static_cast<std::uint64_t>(settings_.shape.due_by(second));
      while (result_.sent < due) arrive();
      timer.expires_after(kTick);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    over_ = true;
    for (Connection* one : idle_) one->wake.cancel();
    while (connections_ > 0 && !end_asked_()) {
      timer.expires_after(kTick);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    give_up();
  }

  // What waits is never sent; what is under way finds its stream closed.
  void give_up() {
    giving_up_ = true;
    result_.given_up += waiting_.size();
    waiting_.clear();
    for (Connection* one : open_) one->stream.close();
  }

  void arrive() {
    ++result_.sent;
    ++progress_.sent;
    if (waiting_.size() >= kWaitingMax) {
      fail("no connection free: " + std::to_string(kWaitingMax) + " requests wait already");
      return;
    }
    waiting_.push_back(steady_clock::now());
    if (!idle_.empty()) {
      // The one used last: as few connections stay in use as the load needs.
      idle_.back()->wake.cancel();
      idle_.pop_back();
    } else if (connections_ < settings_.connections) {
      ++connections_;
      asio::co_spawn(loop_, serve(), asio::detached);
    }
  }

  asio::awaitable<void> serve() {
    Connection connection(loop_);
    open_.insert(&connection);
    for (;;) {
      while (!waiting_.empty()) {
        const Moment due = waiting_.front();
        waiting_.pop_front();
        co_await ask(connection, due);
      }
      if (over_) break;
      connection.wake.expires_at(Moment::max());
      idle_.push_back(&connection);
      error_code woken;
      co_await connection.wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    connection.stream.close();
    open_.erase(&connection);
    --connections_;
  }

  asio::awaitable<void> ask(Connection& connection, Moment due) {
    std::string trouble;
    for (int attempt = 0; attempt < 2; ++attempt) {
      const bool reused = connection.open;
      bool heard = false;
      trouble = co_await exchange(connection, heard);
      if (trouble.empty()) {
        ++result_.answered;
        ++progress_.answered;
        result_.latency.add(steady_clock::now() - due);
        co_return;
      }
      if (giving_up_) {
        ++result_.given_up;
        co_return;
      }
      if (!reused || heard || !closed_) break;
      ++result_.sent_again;
    }
    fail(trouble);
  }

  // What went wrong, or nothing. `closed_` tells whether the peer simply closed the connection.
  asio::awaitable<std::string> exchange(Connection& connection, bool& heard) {
    closed_ = false;
    error_code error;
    auto& stream = connection.stream;
    if (!connection.open) {
      connection.buffer.clear();
      stream.expires_after(settings_.timeout);
      co_await stream.async_connect(found_, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return lost(connection, "cannot connect: " + error.message());
      stream.socket().set_option(asio::ip::tcp::no_delay(true), error);
      connection.open = true;
    }
    stream.expires_after(settings_.timeout);
    co_await asio::async_write(stream, asio::buffer(request_),
                               asio::redirect_error(asio::use_awaitable, error));
    bool closed = error && error != beast::error::timeout;
    Answer answer;
    answer.body_limit(kAnswerBytesMax);
    if (!error) {
      co_await http::async_read(stream, connection.buffer, answer,
                                asio::redirect_error(asio::use_awaitable, error));
      heard = answer.got_some();
      closed = error && error != beast::error::timeout && !heard;
    }
    if (error == beast::error::timeout) co_return lost(connection, "no answer in time");
    if (error) {
      std::string what = heard ? "answer cut short: " : "connection closed without an answer: ";
      what = lost(connection, what + error.message());
      closed_ = closed;
      co_return what;
    }
    if (!answer.keep_alive()) lost(connection, {});
    const unsigned status = answer.get().result_int();
    co_return status < 400 ? std::string() : "status " + std::to_string(status);
  }

  std::string lost(Connection& connection, std::string why) {
    connection.stream.close();
    connection.open = false;
    return why;
  }

  void fail(const std::string& why) {
    ++result_.failed;
    ++progress_.failed;
    ++result_.failures[why];
  }

  const LoadSettings& settings_;
  const std::function<bool()>& end_asked_;
  LoadProgress& progress_;
  std::string request_;
  asio::io_context loop_{1};
  asio::ip::tcp::resolver::results_type found_;
  std::deque<Moment> waiting_;
  std::vector<Connection*> idle_;
  std::set<Connection*> open_;
  unsigned connections_ = 0;  // also those whose coroutine has not begun
  bool over_ = false, giving_up_ = false, closed_ = false;
  LoadResult result_;
};

}  // namespace

Result<LoadTarget> parse_url(const std::string& url) {
  const std::string scheme = "http://";
  const Error wrong{"'" + url + "' is no URL that can be loaded; write http://127.0.0.1:8080/path"};
  if (!url.starts_with(scheme)) return wrong;
  std::string rest = url.substr(scheme.size());
  LoadTarget target;
  if (const std::size_t slash = rest.find('/'); slash != std::string::npos) {
    target.path = rest.substr(slash);
    rest.resize(slash);
  }
  if (target.path.find_first_of(" \r\n\t") != std::string::npos) return wrong;
  if (rest.find_first_of(" \r\n\t@") != std::string::npos) return wrong;
  if (const auto address = parse_address(rest)) {
    target.host = address->host;
    target.port = address->port;
  } else if (rest.find(':') == std::string::npos) {
    target.host = rest;
  }
  if (target.host.empty() || target.port == 0) return wrong;
  return target;
}

LoadResult run_load(const LoadSettings& settings, const std::function<bool()>& end_asked,
                    LoadProgress& progress) {
  return LoadRun(settings, end_asked, progress).run();
}

}  // namespace foretide::cli
