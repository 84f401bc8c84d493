#include "balancer/io/successor.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/io/program_start.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::seconds kStartTime{10};
constexpr char kServing = 's', kReleased = 'r';
constexpr const char* kLine = "FORETIDE_PREDECESSOR";  // the descriptor on which we talk

std::string told_of(int status) {
  if (WIFEXITED(status)) return "it ended with status " + std::to_string(WEXITSTATUS(status));
  return "it was ended by signal " + std::to_string(WTERMSIG(status));
}

void say(int line, char word) {
  [[maybe_unused]] const auto sent = ::send(line, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Successor::Successor(boost::asio::io_context& owner, Callbacks callbacks)
    : callbacks_(std::move(callbacks)), line_(owner), timer_(owner) {}

Result<std::unique_ptr<Successor>> Successor::start(boost::asio::io_context& owner,
                                                    std::vector<std::string> argv,
                                                    const Handed& handed, Callbacks callbacks) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error{std::string("no line to a successor: ") + std::strerror(errno)};
  }
  const Descriptor theirs(ends[1]);
  std::unique_ptr<Successor> successor(new Successor(owner, std::move(callbacks)));
  successor->line_.assign(ends[0]);
  const auto place = 3 + handed.sockets.size();
  const auto pid =
      start_program({.argv = std::move(argv),
                     .sockets = handed.sockets,
                     .others = {theirs.get()},
                     .environment = {"FORETIDE_HANDED_SOCKETS=" + text_for(handed.told),
                                     std::string(kLine) + "=" + std::to_string(place)}});
  if (!pid) return Error{pid.error()};
  successor->pid_ = *pid;
  successor->wait();
  return successor;
}

Successor::~Successor() {
  if (pid_ > 0) end();
}

void Successor::wait() {
  line_.async_read_some(boost::asio::buffer(&word_, 1),
                        [this, alive = std::weak_ptr(alive_)](
                            const boost::system::error_code& error, std::size_t size) {
                          if (!alive.expired()) hear(error, size);
                        });
  timer_.expires_after(kStartTime);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired() || pid_ < 0) return;
    end();
    fail("it did not serve within " + std::to_string(kStartTime.count()) + " s and was ended");
  });
}

void Successor::hear(const boost::system::error_code& error, std::size_t size) {
  if (pid_ < 0) return;
  if (error || size != 1 || word_ != kServing) return fail(end());
  timer_.cancel();
  callbacks_.on_serving(std::exchange(pid_, -1));
}

void Successor::fail(std::string why) {
  // The callback may destroy us and what it is in.
  const auto on_failed = std::move(callbacks_.on_failed);
  on_failed(std::move(why));
}

// One that has ended keeps its status whatever signal it gets.
std::string Successor::end() {
  timer_.cancel();
  const pid_t pid = std::exchange(pid_, -1);
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return told_of(status);
}

void Successor::release() {
  say(line_.native_handle(), kReleased);
}

std::unique_ptr<Predecessor> Predecessor::from_environment(boost::asio::io_context& owner) {
  const char* const text = std::getenv(kLine);
  if (text == nullptr) return nullptr;
  int line = -1;
  const std::string_view digits(text);
  std::from_chars(digits.data(), digits.data() + digits.size(), line);
  ::unsetenv(kLine);
  if (line < 3 || ::fcntl(line, F_SETFD, FD_CLOEXEC) != 0) return nullptr;
  return std::unique_ptr<Predecessor>(new Predecessor(owner, line));
}

void Predecessor::tell_serving(std::function<void()> on_released) {
  say(line_.native_handle(), kServing);
  // Its end says the same as its word.
  line_.async_read_some(boost::asio::buffer(&word_, 1),
                        [on_released = std::move(on_released), alive = std::weak_ptr(alive_)](
                            const boost::system::error_code&, std::size_t) {
                          if (!alive.expired()) on_released();
                        });
}

}  // namespace foretide::balancer
