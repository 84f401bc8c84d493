// The sixteen uneven workers on real sockets, and the clients that call them through a proxy; one
// process and one thread for all of it, which a small part of one core is enough for.
//
//     bench-spread-sockets UNEVENNESS SLOTS
//
// prints the ports of the workers, one line, and then for each line `PORT SECONDS SEED` that it
// reads plays that load against the proxy on that port and prints one line of JSON. Requests come
// at times that were drawn beforehand, whatever became of those before (an open loop), and a
// request's time runs from then. Both the times and the work come from the seed, so that all
// contenders get the same. It ends when its input does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/spread/scenario.hpp"

namespace foretide::spread {
namespace {

double now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Descriptors and times that something is waiting for.
class Loop {
 public:
  using Ready = std::function<void()>;

  Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  void watch(int fd, Ready* ready) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.ptr = ready;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl");
  }
  void at(double seconds, Ready call) { times_.push({seconds, next_++, std::move(call)}); }
  void once() {
    timespec wait{1, 0};
    if (!times_.empty()) {
      const double left = std::clamp(times_.top().seconds - now(), 0.0, 1.0);
      wait.tv_sec = static_cast<time_t>(left);
      wait.tv_nsec = static_cast<long>((left - static_cast<double>(wait.tv_sec)) * 1e9);
    }
    std::array<epoll_event, 64> events;
    const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
    for (int i = 0; i < count; ++i)
      (*static_cast<Ready*>(events[static_cast<std::size_t>(i)].data.ptr))();
    while (!times_.empty() && times_.top().seconds <= now()) {
      const Ready call = times_.top().call;
      times_.pop();
      call();
    }
  }

 private:
  struct Time {
    double seconds;
    std::uint64_t number;
    Ready call;
    bool operator<(const Time& other) const {  // the priority queue has the largest on top
      return std::pair(seconds, number) > std::pair(other.seconds, other.number);
    }
  };
  int epoll_;
  std::uint64_t next_ = 0;
  std::priority_queue<Time> times_;
};

// One side of a connection that exchanges small messages. Kept until the program ends, so that
// whoever remembers it may ask whether it has ended.
class Talk {
 public:
  using Told = std::function<void(Talk&, std::string_view)>;

  // `told` of each message, head and body, and by an empty one of the end.
  Talk(Loop& loop, int fd, Told told) : fd_(fd), told_(std::move(told)) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ready_ = [this] { read(); };
    loop.watch(fd_, &ready_);
  }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  bool ended() const { return fd_ < 0; }
  void send(std::string_view text) {
    if (!ended()) ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void end() {
    if (!ended()) ::close(fd_);
    fd_ = -1;
  }

  double called_at = 0.0;
  bool is_open = false, counts = false;  // a call is; its time is kept

 private:
  void read() {
    std::array<char, 4096> block;
    const ssize_t size = ended() ? -1 : ::recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
    if (size < 0 && (ended() || errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
      end();
      return told_(*this, {});
    }
    received_.append(block.data(), static_cast<std::size_t>(size));
    for (std::size_t whole = size_of_first(); whole > 0; whole = size_of_first()) {
      const std::string message = received_.substr(0, whole);
      received_.erase(0, whole);
      told_(*this, message);
    }
  }
  std::size_t size_of_first() const {
    const auto head = received_.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    std::size_t body = 0;
    for (const char* name : {"Content-Length: ", "content-length: "}) {
      const auto at = received_.find(name);
      if (at < head) body = std::strtoul(received_.c_str() + at + 16, nullptr, 10);
    }
    const std::size_t whole = head + 4 + body;
    return received_.size() < whole ? 0 : whole;
  }

  int fd_;
  std::string received_;
  Told told_;
  Loop::Ready ready_;
};

// Serves so many at a time, the rest in order.
class Worker {
 public:
  // `begin` is when the play began, for what changes with time.
  Worker(Loop& loop, Scenario scenario, int number, const double& begin)
      : loop_(loop), scenario_(scenario), number_(number), play_began_(begin) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      give_up("listen");
    }
    port_ = ntohs(address.sin_port);
    accept_ = [this] { accept(); };
    loop_.watch(listener_, &accept_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    callers_.push_back(
        std::make_unique<Talk>(loop_, fd, [this](Talk& caller, std::string_view message) {
          const auto work = message.find("/w/");
          if (work == std::string_view::npos) return;
          waiting_.emplace_back(&caller, std::atof(message.data() + work + 3) / 1e6);
          begin();
        }));
  }
  void begin() {
    while (!waiting_.empty() && serving_ < scenario_.slots) {
      const auto [caller, work] = waiting_.front();
      waiting_.pop_front();
      ++serving_;
      const double from = now() - play_began_;
      const double end = done_at(scenario_.unevenness, number_, from, work);
      loop_.at(play_began_ + end, [this, to = caller] {
        --serving_;
        to->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        begin();
      });
    }
  }

  Loop& loop_;
  Scenario scenario_;
  int number_;
  const double& play_began_;
  int listener_;
  std::uint16_t port_;
  Loop::Ready accept_;
  int serving_ = 0;
  std::deque<std::pair<Talk*, double>> waiting_;
  std::vector<std::unique_ptr<Talk>> callers_;
};

class Clients {
 public:
  Clients(Loop& loop, Scenario scenario) : loop_(loop), scenario_(scenario) {}

  void play(std::uint16_t port, double seconds, std::uint64_t seed, double begin) {
    constexpr double kWarm = 1.0, kPatience = 60.0;  // not counted; for the last answers
    port_ = port;
    answered_.clear();
    failed_ = 0;
    Chance arrivals(seed), works(seed * 77 + 5);
    const double rate = offered(scenario_), end = begin + kWarm + seconds;
    double at = begin + arrivals.exponential(1.0 / rate);
    for (; at < end; at += arrivals.exponential(1.0 / rate)) {
      const double work = works.log_normal(kWorkSeconds, 1.0);
      ++open_;
      loop_.at(at, [this, at, work, counts = at > begin + kWarm] { call(at, work, counts); });
    }
    while (open_ > 0 && now() < end + kPatience) loop_.once();
    print();
    for (Talk* talk : idle_) talk->end();
    idle_.clear();
  }

 private:
  void print() {
    std::sort(answered_.begin(), answered_.end());
    const auto ms = [this](double share) {
      const auto last = static_cast<double>(answered_.size()) - 1.0;
      return answered_.empty() ? 0.0 : 1e3 * answered_[static_cast<std::size_t>(share * last)];
    };
    std::printf(
        "{\"requests\": %zu, \"failed\": %zu, \"p50\": %.2f, \"p90\": %.2f, "
        "\"p99\": %.2f, \"p999\": %.2f}\n",
        answered_.size(), failed_ + open_, ms(0.5), ms(0.9), ms(0.99), ms(0.999));
    std::fflush(stdout);
  }
  Talk* connection() {
    while (!idle_.empty()) {
      Talk* talk = idle_.back();
      idle_.pop_back();
      if (!talk->ended()) return talk;
    }
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port_);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      give_up("connect to the proxy");
    }
    talks_.push_back(std::make_unique<Talk>(
        loop_, fd, [this](Talk& talk, std::string_view answer) { answered(talk, answer); }));
    return talks_.back().get();
  }
  void call(double at, double work, bool counts) {
    Talk* talk = connection();
    talk->called_at = at;
    talk->counts = counts;
    talk->is_open = true;
    std::array<char, 96> text;
    const int size = std::snprintf(text.data(), text.size(),
                                   "GET /w/%.0f HTTP/1.1\r\nHost: spread\r\n\r\n", work * 1e6);
    talk->send({text.data(), static_cast<std::size_t>(size)});
  }
  void answered(Talk& talk, std::string_view answer) {
    if (!talk.is_open) return;
    talk.is_open = false;
    --open_;
    if (!answer.starts_with("HTTP/1.1 200")) {
      ++failed_;
    } else if (talk.counts) {
      answered_.push_back(now() - talk.called_at);
    }
    if (!talk.ended()) idle_.push_back(&talk);
  }

  Loop& loop_;
  Scenario scenario_;
  std::uint16_t port_ = 0;
  std::size_t failed_ = 0, open_ = 0;
  std::vector<double> answered_;
  std::vector<Talk*> idle_;
  std::vector<std::unique_ptr<Talk>> talks_;
};

int serve(Scenario scenario) {
  Loop loop;
  double begin = now();
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.push_back(std::make_unique<Worker>(loop, scenario, i, begin));
    std::printf("%d%c", workers.back()->port(), i + 1 < kWorkers ? ' ' : '\n');
  }
  std::fflush(stdout);
  Clients clients(loop, scenario);
  bool ending = false;
  std::string line;
  Loop::Ready told = [&] {
    std::array<char, 256> block;
    const ssize_t size = ::read(STDIN_FILENO, block.data(), block.size());
    if (size <= 0) ending = true;
    if (size > 0) line.append(block.data(), static_cast<std::size_t>(size));
  };
  loop.watch(STDIN_FILENO, &told);
  while (!ending) {
    loop.once();
    if (line.find('\n') == std::string::npos) continue;
    std::istringstream words(std::exchange(line, {}));
    std::uint16_t port = 0;
    double seconds = 0.0;
    std::uint64_t seed = 0;
    words >> port >> seconds >> seed;
    begin = now();
    clients.play(port, seconds, seed, begin);
  }
  return 0;
}

}  // namespace
}  // namespace foretide::spread

int main(int argc, char** argv) {
  using namespace foretide::spread;
  const std::string_view unevenness = argc == 3 ? argv[1] : "";
  const int slots = argc == 3 ? std::atoi(argv[2]) : 0;
  if (unevenness.size() != 1 || unevenness < "a" || unevenness > "c" || slots < 1) {
    std::fprintf(stderr, "usage: bench-spread-sockets a|b|c SLOTS\n");
    return 2;
  }
  return serve({static_cast<Unevenness>(unevenness[0]), slots});
}
