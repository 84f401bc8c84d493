#include "common/io/http_fetch.hpp"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace foretide {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kLineBytesMost = 32 * 1024;

std::string time_text(Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

// Callbacks in place of a coroutine, since the owner may drop the fetch between any two: each holds
// the run, and looks at `stopped` before it does anything.
struct HttpFetch::Run : std::enable_shared_from_this<HttpFetch::Run> {
  Run(asio::io_context& owner, HttpUrl asked, std::string what, Bounds most, OnAnswer told)
      : url(std::move(asked)),
        accept(std::move(what)),
        bounds(most),
        on_answer(std::move(told)),
        resolver(owner),
        socket(owner),
        deadline(owner) {
    parser.body_limit(bounds.body_bytes);
    parser.eager(true);
  }

  void begin() {
    deadline.expires_after(bounds.time);
    deadline.async_wait([run = shared_from_this()](const error_code& error) {
      if (error || run->stopped) return;
      run->fail("did not answer within " + time_text(run->bounds.time));
    });
    error_code error;
    const auto ip = asio::ip::make_address(url.server.host, error);
    if (!error) return connect(std::array{tcp::endpoint(ip, url.server.port)});
    resolver.async_resolve(
        url.server.host, std::to_string(url.server.port),
        [run = shared_from_this()](const error_code& problem, const auto& found) {
          if (run->stopped) return;
          if (problem) return run->fail("is a name that is not found: " + problem.message());
          run->connect(found);
        });
  }

  template <class Endpoints>
  void connect(const Endpoints& endpoints) {
    asio::async_connect(socket, endpoints,
                        [run = shared_from_this()](const error_code& error, const auto&) {
                          if (run->stopped) return;
                          if (error) return run->fail("cannot be reached: " + error.message());
                          run->ask();
                        });
  }

  void ask() {
    request = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.server.text() +
              "\r\nUser-Agent: foretide\r\nAccept: " + accept + "\r\nConnection: close\r\n\r\n";
    asio::async_write(socket, asio::buffer(request),
                      [run = shared_from_this()](const error_code&, std::size_t) {
                        // Whoever closed before it had read all may have answered.
                        if (!run->stopped) run->read();
                      });
  }

  void read() {
    socket.async_read_some(asio::buffer(piece),
                           [run = shared_from_this()](const error_code& error, std::size_t got) {
                             if (run->stopped) return;
                             if (error) return run->end_of_input();
                             run->unread.append(run->piece.data(), got);
                             run->parse();
                           });
  }

  void parse() {
    error_code error;
    while (!unread.empty() && !parser.is_done()) {
      const std::size_t used = parser.put(asio::buffer(unread), error);
      unread.erase(0, used);
      // The parser's own limit does not hold for every body whose length its head tells.
      if (error == http::error::body_limit || parser.get().body().size() > bounds.body_bytes) {
        return fail("answered more than " + std::to_string(bounds.body_bytes) + " bytes");
      }
      if (error == http::error::need_more) {
        // Nor has it one for the line before a chunk, and what follows the last.
        if (unread.size() > kLineBytesMost) return fail("sent a line without end");
        break;
      }
      if (error) return fail("did not speak HTTP: " + error.message());
    }
    if (parser.is_header_done() && !is_ok()) return answered();
    parser.is_done() ? answered() : read();
  }

  bool is_ok() const { return parser.get().result() == http::status::ok; }

  void end_of_input() {
    error_code error;
    if (parser.got_some()) parser.put_eof(error);
    if (!parser.got_some() || error || !parser.is_done()) {
      return fail("closed the connection before it had answered");
    }
    answered();
  }

  void answered() {
    const unsigned status = parser.get().result_int();
    if (is_ok()) return finish(std::move(parser.get().body()));
    fail("answered " + std::to_string(status) +
         (status / 100 == 3 ? ", and redirects are not followed" : ""));
  }

  void fail(const std::string& what) { finish(Error{url.server.text() + " " + what}); }

  void finish(Result<std::string> outcome) {
    stop();
    const OnAnswer told = std::move(on_answer);
    told(std::move(outcome));
  }

  void stop() {
    stopped = true;
    error_code ignored;
    resolver.cancel();
    socket.close(ignored);
    deadline.cancel();
  }

  HttpUrl url;
  std::string accept;
  Bounds bounds;
  OnAnswer on_answer;
  tcp::resolver resolver;
  tcp::socket socket;
  asio::steady_timer deadline;
  http::response_parser<http::string_body> parser;
  std::string request, unread;
  std::array<char, 8192> piece{};
  bool stopped = false;
};

HttpFetch::HttpFetch(asio::io_context& owner, HttpUrl url, std::string accept, Bounds bounds,
                     OnAnswer on_answer)
    : run_(std::make_shared<Run>(owner, std::move(url), std::move(accept), bounds,
                                 std::move(on_answer))) {
  asio::post(owner, [run = run_] {
    if (!run->stopped) run->begin();
  });
}

HttpFetch::~HttpFetch() {
  run_->stop();
}

}  // namespace foretide
