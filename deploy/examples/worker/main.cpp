// example-worker: an HTTP server that behaves like an inference server without needing a model. It
// takes a while to start, serves `--slots` requests at once, each for `--service-time`, and lets
// the others wait inside, which is what makes a second worker worth starting. The quickstart, the
// end-to-end tests and the benches run it; it is also the smallest example of what Foretide expects
// of a worker: listen on the given host and port, and on SIGTERM finish what was begun.
//
//     GET /          small JSON after the service time (who answered: pid, port, how many before)
//     GET /healthz   200 at once, outside the slots
//     GET /metrics   Prometheus text at once: how many requests wait inside, and are served
//     POST /echo     the body back, at once
//     GET /stream    `?tokens=N` chunks (default 20), spread over the service time
//
// One thread. The service time is a wait, not work, so a hundred workers fit on a small machine.
#include <unistd.h>

#include <utility>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <list>
#include <set>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwait;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kBodyBytesMax = 256 << 20;  // of one echoed request
constexpr int kExitedOnRequest = 3;               // status of --exit-after

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  unsigned slots = 1;
  long service_ms = 50;
  long start_ms = 0;
  long exit_after = -1;
  bool loopback_only = false;
};

// Hands out the slots in the order of asking. A waiter sleeps on a timer that never expires by
// itself.
class Slots {
 public:
  Slots(Executor executor, unsigned free) : executor_(executor), free_(free) {}

  Task<> take() {
    if (free_ > 0) {
      --free_;
      co_return;
    }
    Timer turn(executor_, steady_clock::time_point::max());
    waiting_.push_back(&turn);
    boost::system::error_code woken;
    co_await turn.async_wait(asio::redirect_error(kAwait, woken));
  }

  std::size_t waiting() const { return waiting_.size(); }

  // The slot passes straight to the first in line, so that a newcomer cannot overtake.
  void give_back() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    waiting_.front()->cancel();
    waiting_.pop_front();
  }

 private:
  Executor executor_;
  unsigned free_;
  std::list<Timer*> waiting_;
};

class Worker {
 public:
  Worker(asio::io_context& loop, Options options)
      : loop_(loop),
        options_(std::move(options)),
        slots_(loop.get_executor(), std::max(1u, options_.slots)),
        acceptor_(loop) {}

  Task<> run() {
    co_await wait(milliseconds(options_.start_ms));
    if (stopping_) co_return;
    if (options_.exit_after == 0) quit();
    if (!listen()) co_return;
    while (!stopping_) {
      boost::system::error_code error;
      Socket socket(loop_);
      co_await acceptor_.async_accept(socket, asio::redirect_error(kAwait, error));
      if (error) continue;
      asio::co_spawn(loop_.get_executor(), serve(std::move(socket)), asio::detached);
    }
  }

  // No new connection, idle ones closed, the busy ones answered first. A second call ends at once.
  void stop() {
    if (stopping_) loop_.stop();
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (Socket* idle : idle_) idle->cancel(ignored);
    if (open_ == 0) loop_.stop();
  }

  int exit_code() const { return exit_code_; }

 private:
  bool listen() {
    try {
      const std::string host = options_.loopback_only ? "127.0.0.1" : options_.host;
      asio::ip::tcp::resolver resolver(loop_);
      const auto found = resolver.resolve(host, std::to_string(options_.port));
      const asio::ip::tcp::endpoint endpoint = *found.begin();
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen(1024);
      options_.port = acceptor_.local_endpoint().port();
      std::printf("listening on %s:%u, pid %d\n", host.c_str(), options_.port, ::getpid());
      std::fflush(stdout);
      return true;
    } catch (const boost::system::system_error& problem) {
      std::fprintf(stderr, "cannot listen on %s:%u: %s\n", options_.host.c_str(), options_.port,
                   problem.code().message().c_str());
      exit_code_ = 1;
      loop_.stop();
      return false;
    }
  }

  Task<> wait(milliseconds duration) {
    if (duration <= milliseconds(0)) co_return;
    Timer timer(loop_.get_executor(), duration);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(kAwait, ignored));
  }

  Task<> serve(Socket socket) {
    ++open_;
    boost::system::error_code error;
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    beast::flat_buffer buffer;
    bool keep = true;
    while (keep && !error) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(kBodyBytesMax);
      idle_.insert(&socket);
      co_await http::async_read_header(socket, buffer, parser, asio::redirect_error(kAwait, error));
      idle_.erase(&socket);
      if (error) break;
      if (parser.get()[http::field::expect] == "100-continue") {
        http::response<http::empty_body> go_on(http::status::continue_, 11);
        co_await http::async_write(socket, go_on, asio::redirect_error(kAwait, error));
        if (error) break;
      }
      co_await http::async_read(socket, buffer, parser, asio::redirect_error(kAwait, error));
      if (error) break;
      const Request request = parser.release();
      keep = co_await answer(socket, request, error);
    }
    socket.shutdown(asio::socket_base::shutdown_both, error);
    if (--open_ == 0 && stopping_) loop_.stop();
  }

  // True when the connection may carry another request.
  Task<bool> answer(Socket& socket, const Request& request, boost::system::error_code& error) {
    const std::string target(request.target());
    const std::string path = target.substr(0, target.find('?'));
    if (path == "/stream") co_return co_await stream(socket, request, error);
    Response response(http::status::ok, request.version());
    if (path == "/echo") {
      response.set(http::field::content_type, request[http::field::content_type].empty()
                                                  ? "application/octet-stream"
                                                  : request[http::field::content_type]);
      response.body() = request.body();
    } else if (path == "/healthz") {
      response.set(http::field::content_type, "text/plain");
      response.body() = "ok\n";
    } else if (path == "/metrics") {
      response.set(http::field::content_type, "text/plain; version=0.0.4");
      response.body() = metrics();
    } else {
      co_await slots_.take();
      co_await wait(milliseconds(options_.service_ms));
      slots_.give_back();
      response.set(http::field::content_type, "application/json");
      response.body() = "{\"pid\":" + std::to_string(::getpid()) +
                        ",\"port\":" + std::to_string(options_.port) +
                        ",\"served\":" + std::to_string(++served_) + "}\n";
    }
    const bool keep = request.keep_alive() && !stopping_;
    response.keep_alive(keep);
    response.prepare_payload();
    http::response_serializer<http::string_body> serializer(response);
    if (request.method() == http::verb::head) {
      co_await http::async_write_header(socket, serializer, asio::redirect_error(kAwait, error));
    } else {
      co_await http::async_write(socket, serializer, asio::redirect_error(kAwait, error));
    }
    count();
    co_return keep && !error;
  }

  Task<bool> stream(Socket& socket, const Request& request, boost::system::error_code& error) {
    const std::string target(request.target());
    const auto at = target.find("tokens=");
    const long tokens = at == std::string::npos
                            ? 20
                            : std::max(1L, std::strtol(target.c_str() + at + 7, nullptr, 10));
    co_await slots_.take();
    http::response<http::empty_body> head(http::status::ok, request.version());
    head.set(http::field::content_type, "text/plain");
    head.chunked(true);
    const bool keep = request.keep_alive() && !stopping_;
    head.keep_alive(keep);
    http::response_serializer<http::empty_body> serializer(head);
    co_await http::async_write_header(socket, serializer, asio::redirect_error(kAwait, error));
    for (long i = 0; i < tokens && !error; ++i) {
      co_await wait(milliseconds(std::max(1L, options_.service_ms / tokens)));
      const std::string text = "token-" + std::to_string(i) + "\n";
      co_await asio::async_write(socket, http::make_chunk(asio::buffer(text)),
                                 asio::redirect_error(kAwait, error));
    }
    if (!error) {
      co_await asio::async_write(socket, http::make_chunk_last(),
                                 asio::redirect_error(kAwait, error));
    }
    slots_.give_back();
    count();
    co_return keep && !error;
  }

  std::string metrics() const {
    return "# TYPE example_worker_waiting gauge\nexample_worker_waiting " +
           std::to_string(slots_.waiting()) +
           "\n# TYPE example_worker_served_total counter\nexample_worker_served_total " +
           std::to_string(served_) + "\n";
  }

  void count() {
    ++answered_;
    if (options_.exit_after >= 0 && answered_ >= options_.exit_after) quit();
  }

  [[noreturn]] void quit() {
    std::fprintf(stderr, "example-worker: ending after %ld requests, as --exit-after says\n",
                 answered_);
    std::fflush(nullptr);
    ::_exit(kExitedOnRequest);
  }

  asio::io_context& loop_;
  Options options_;
  Slots slots_;
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_;
  std::set<Socket*> idle_;
  long open_ = 0, served_ = 0, answered_ = 0;
  bool stopping_ = false;
  int exit_code_ = 0;
};

Options options_from(int argc, char** argv, int& exit_code) {
  Options options;
  CLI::App app("An HTTP server that takes its time, as an inference server would.",
               "example-worker");
  app.footer(
      "Example:\n  example-worker --port 9001 --slots 4 --service-time 80ms --start-delay 1s");
  const CLI::AsNumberWithUnit milliseconds_unit(
      std::map<std::string, long>{{"ms", 1}, {"s", 1000}, {"m", 60'000}},
      CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION");
  app.add_option("--host", options.host, "Address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "Port to listen on; 0: any")->capture_default_str();
  app.add_option("--slots", options.slots, "Requests served at once; others wait")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  app.add_option("--service-time", options.service_ms, "How long a request takes, as 50ms")
      ->transform(milliseconds_unit);
  app.add_option("--start-delay", options.start_ms, "Time from start to listening, as 1s")
      ->transform(milliseconds_unit);
  app.add_option("--exit-after", options.exit_after,
                 "End with status 3 after so many requests; 0: instead of listening");
  app.add_flag("--loopback-only", options.loopback_only,
               "Listen on 127.0.0.1 whatever --host says");
  try {
    app.parse(argc, argv);
    exit_code = -1;
  } catch (const CLI::ParseError& problem) {
    exit_code = app.exit(problem) == 0 ? 0 : 2;
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = -1;
  const Options options = options_from(argc, argv, exit_code);
  if (exit_code >= 0) return exit_code;
  asio::io_context loop(1);
  Worker worker(loop, options);
  asio::basic_signal_set<Executor> signals(loop, SIGTERM, SIGINT);
  struct OnSignal {
    Worker& worker;
    asio::basic_signal_set<Executor>& signals;
    void operator()(boost::system::error_code error, int) const {
      if (error) return;
      worker.stop();
      signals.async_wait(*this);
    }
  };
  signals.async_wait(OnSignal{worker, signals});
  asio::co_spawn(loop.get_executor(), worker.run(), asio::detached);
  loop.run();
  return worker.exit_code();
}
