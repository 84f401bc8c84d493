#include "agent/io/start_probe.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "agent/io/listener.hpp"
#include "agent/proc/text.hpp"
#include "common/io/clock.hpp"

namespace foretide::agent {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr Duration kShortestPause = milliseconds(2);
constexpr Duration kLongestPause = milliseconds(100);
constexpr Duration kLoopbackLook = milliseconds(500);
// A host's own address answers at once or not at all.
constexpr Duration kConnectTime = milliseconds(500);
constexpr Duration kAnswerTime = std::chrono::seconds(5);  // a busy start may take a while

std::string seconds_text(Duration duration) {
  const auto ms = std::chrono::duration_cast<milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

Duration pause_for(Duration running) {
  return std::clamp<Duration>(running / 50, kShortestPause, kLongestPause);
}

int status_in(std::string_view head) {
  const bool is_http = head.size() >= 12 && head.starts_with("HTTP/1.") && head[8] == ' ';
  return is_http ? number_in<int>(head.substr(9, 3)).value_or(0) : 0;
}

// Callbacks in place of a coroutine: a round is connect, look, ask, and any of them may be the
// last, since the owner may drop the probe between two. Each callback holds the run weakly through
// `stopped`.
struct StartProbe::Run : std::enable_shared_from_this<StartProbe::Run> {
  Run(asio::io_context& owner, const ProcTree& proc, Target what, OnOutcome told)
      : tree(proc),
        target(std::move(what)),
        on_outcome(std::move(told)),
        socket(owner),
        pause(owner),
        deadline(owner),
        started(monotonic_now() - target.running),
        looked(started) {}

  void begin() {
    error_code error;
    const auto ip = asio::ip::make_address(target.address.host, error);
    if (error) return finish("`" + target.address.host + "` is not an address of this host");
    endpoint = tcp::endpoint(ip, target.address.port);
    last = "is not listening on port " + std::to_string(target.address.port);
    round();
  }

  void round() {
    const Duration running = monotonic_now() - started;
    if (running >= target.spec.timeout) {
      return finish("not ready within " + seconds_text(target.spec.timeout) + ": " + outlook());
    }
    if (running - (looked - started) >= kLoopbackLook && only_on_loopback()) return;
    error_code ignored;
    socket = Socket(socket.get_executor());
    socket.open(endpoint.protocol(), ignored);
    const Duration left = target.spec.timeout - running;
    limit(std::min<Duration>(left, kConnectTime));
    socket.async_connect(endpoint, [run = shared_from_this()](const error_code& error) {
      if (run->stopped) return;
      run->answers = !error;
      run->is_own = run->is_own && !error;
      if (error) return run->again();
      run->connected();
    });
  }

  void connected() {
    if (!is_own && !look_whose()) return again();
    is_own = true;
    if (target.spec.kind == ProbeSpec::Kind::kTcp) return finish("");
    ask();
  }

  // Whether the listener may be taken for the worker's.
  bool look_whose() {
    switch (listener_on(tree, target.address.port, target.leader, target.members)) {
      case Listener::kForeign:
        last = "port " + std::to_string(target.address.port) + " is answered by another program";
        return false;
      case Listener::kNone:  // accepted and closed again, or reached through somebody else's proxy
        return false;
      default:
        return true;
    }
  }

  // What there is to say when its time is over.
  std::string outlook() const {
    if (answers) return last;
    const std::vector<TcpListener> own =
        own_listeners(tree, target.address.port, target.leader, target.members);
    if (own.empty()) return last;
    bool should_be_reached = false;
    std::string addresses;
    for (const TcpListener& listener : own) {
      addresses += (addresses.empty() ? "" : " and ") + listener.address;
      should_be_reached =
          should_be_reached || listener.is_any() || listener.address == target.address.host;
    }
    if (!should_be_reached) return "listens on " + addresses + " only" + hint();
    return "listens on " + addresses + ", but no connection to " + target.address.text() +
           " is answered: it may be too busy to accept, or a firewall may be in between";
  }

  std::string hint() const {
    return ", but is to be reached at " + target.address.host +
           ": pass {host} in its command, for example `--host {host}`";
  }

  void ask() {
    request = "GET " + target.spec.path + " HTTP/1.1\r\nHost: " + target.address.text() +
              "\r\nUser-Agent: foretide-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    held = 0;
    limit(std::min<Duration>(target.spec.timeout - (monotonic_now() - started), kAnswerTime));
    asio::async_write(socket, asio::buffer(request),
                      [run = shared_from_this()](const error_code& error, std::size_t) {
                        if (run->stopped) return;
                        if (error) return run->again();
                        run->read_status();
                      });
  }

  void read_status() {
    socket.async_read_some(asio::buffer(answer.data() + held, answer.size() - held),
                           [run = shared_from_this()](const error_code& error, std::size_t got) {
                             if (run->stopped) return;
                             run->held += got;
                             if (!error && run->held < kStatusBytes) return run->read_status();
                             run->answered();
                           });
  }

  void answered() {
    const int status = status_in({answer.data(), held});
    if (status >= 200 && status < 400) return finish("");
    const std::string get = "GET " + target.spec.path;
    if (status != 0) {
      last = get + " answered " + std::to_string(status);
    } else if (held > 0) {
      last = get + " answered nothing that is HTTP";
    } else if (!last.starts_with(get)) {
      last = get + " got no answer";  // unless an earlier one says more
    }
    again();
  }

  void again() {
    error_code ignored;
    socket.close(ignored);
    deadline.cancel();
    pause.expires_after(pause_for(monotonic_now() - started));
    pause.async_wait([run = shared_from_this()](const error_code& error) {
      if (!error && !run->stopped) run->round();
    });
  }

  // Closing the socket ends whatever waits on it.
  void limit(Duration time) {
    deadline.expires_after(time);
    deadline.async_wait([run = shared_from_this()](const error_code& error) {
      if (error || run->stopped) return;
      error_code ignored;
      run->socket.close(ignored);
    });
  }

  // Twice in a row: a worker may open loopback first and its real address a moment later.
  bool only_on_loopback() {
    looked = monotonic_now();
    if (endpoint.address().is_loopback()) return false;
    const Listener listener = listener_on(tree, target.address.port, target.leader, target.members);
    loopback_looks = listener == Listener::kOwnLoopbackOnly ? loopback_looks + 1 : 0;
    if (loopback_looks < 2) return false;
    finish("listens on 127.0.0.1 only" + hint());
    return true;
  }

  void finish(std::string failure) {
    stop();
    const OnOutcome told = std::move(on_outcome);
    told(std::move(failure));
  }

  void stop() {
    stopped = true;
    error_code ignored;
    socket.close(ignored);
    pause.cancel();
    deadline.cancel();
  }

  static constexpr std::size_t kStatusBytes = 12;  // "HTTP/1.1 200"
  using Executor = asio::io_context::executor_type;
  using Socket = asio::basic_stream_socket<tcp, Executor>;
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;

  const ProcTree& tree;
  Target target;
  OnOutcome on_outcome;
  Socket socket;
  Timer pause, deadline;
  Instant started, looked;
  tcp::endpoint endpoint;
  std::string last, request;
  std::array<char, 512> answer{};
  std::size_t held = 0;
  int loopback_looks = 0;
  bool answers = false;  // the last connect succeeded
  bool is_own = false;   // as has been the listener since a connect last failed
  bool stopped = false;
};

StartProbe::StartProbe(asio::io_context& owner, const ProcTree& tree, Target target,
                       OnOutcome on_outcome)
    : run_(std::make_shared<Run>(owner, tree, std::move(target), std::move(on_outcome))) {
  // Behind the owner's present call: the outcome never comes out of the constructor.
  asio::post(owner, [run = run_] {
    if (!run->stopped) run->begin();
  });
}

StartProbe::~StartProbe() {
  run_->stop();
}

}  // namespace foretide::agent
