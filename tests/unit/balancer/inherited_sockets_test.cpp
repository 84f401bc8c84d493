// Sockets that were there when the program began: which of them is for which address, and what is
// said of the rest. Descriptors from 3 on belong to the test's process as a whole, so each case
// runs in a process of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/core/handed_sockets.hpp"
#include "balancer/io/inherited_sockets.hpp"

namespace foretide::balancer {
namespace {

using File = HandedSockets::File;
using testing::HasSubstr;

TEST(HandedSockets, AreToldAndUnderstood) {
  const std::vector<HandedSockets> sockets{
      {.address = "127.0.0.1:0", .count = 1},
      {.address = "[::]:8080", .count = 4},
      {.address = "unix:/run/a b given c", .count = 1, .file = File::kOurs}};
  EXPECT_EQ(text_for(sockets),
            "1 given 127.0.0.1:0\n4 given [::]:8080\n1 ours unix:/run/a b given c\n");
  EXPECT_EQ(handed_sockets_in(text_for(sockets)), sockets);
  EXPECT_EQ(handed_sockets_in(""), std::vector<HandedSockets>());
}

TEST(HandedSockets, AreRefusedWhenTheyMakeNoSense) {
  for (const char* text : {"1 given a", "0 given a\n", "-1 given a\n", "1 taken a\n", "1 given \n",
                           "given a\n", "1given a\n", "99999999999 given a\n", "\n"}) {
    EXPECT_FALSE(handed_sockets_in(text)) << text;
  }
}

// What `play` says in a process where these are the descriptors from 3 on.
std::string in_a_process(const std::vector<int>& handed, const std::function<std::string()>& play) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::vector<int> high;
    for (const int fd : handed) high.push_back(::fcntl(fd, F_DUPFD, 100));
    const int answer = ::fcntl(pipe[1], F_DUPFD, 200);
    int place = 3;
    for (const int fd : high) ::dup2(fd, place++);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(handed.size()).c_str(), 1);
    const std::string said = play();
    [[maybe_unused]] const auto written = ::write(answer, said.data(), said.size());
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string said;
  char bytes[4096];
  for (ssize_t size; (size = ::read(pipe[0], bytes, sizeof bytes)) > 0;) {
    said.append(bytes, static_cast<std::size_t>(size));
  }
  ::close(pipe[0]);
  ::waitpid(pid, nullptr, 0);
  return said;
}

ListeningSockets loopback(std::uint32_t count = 1) {
  auto opened = ListeningSockets::open({.address = {"127.0.0.1", 0}, .threads = count});
  EXPECT_TRUE(opened) << opened.error();
  return std::move(*opened);
}

std::string taken(InheritedSockets& inherited, const Address& address) {
  const auto sockets = inherited.take(address);
  if (!sockets) return "nothing;";
  return sockets->bound().text() + " x" + std::to_string(sockets->all().size()) +
         (sockets->owns_file() ? " with its file;" : ";");
}

// One after the other, as the operands of + need not be.
std::string all_taken(InheritedSockets& inherited, const std::vector<Address>& addresses) {
  std::string said;
  for (const auto& address : addresses) said += taken(inherited, address);
  const auto closed = inherited.close_rest();
  return said + (closed ? "all well" : closed.error());
}

std::string rest_of(InheritedSockets& inherited) {
  const auto closed = inherited.close_rest();
  return closed ? "all well" : closed.error();
}

TEST(InheritedSockets, AreForTheAddressTheyAreBoundTo) {
  const auto a = loopback(), b = loopback();
  const Address at_a = a.bound(), at_b = b.bound();
  const auto said = in_a_process({a.all()[0].get(), b.all()[0].get()}, [&] {
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error();
    return all_taken(
        *inherited,
        {{"localhost", at_b.port}, {"0.0.0.0", at_a.port}, {"::1", at_a.port}, at_a, at_a});
  });
  EXPECT_EQ(said, at_b.text() + " x1;nothing;nothing;" + at_a.text() + " x1;nothing;all well");
}

TEST(InheritedSockets, ThatNobodyAskedForAreAMistake) {
  const auto a = loopback();
  const auto said = in_a_process({a.all()[0].get()}, [] {
    ::setenv("LISTEN_FDNAMES", "web.socket", 1);
    auto inherited = InheritedSockets::from_environment();
    return inherited ? rest_of(*inherited) : inherited.error();
  });
  EXPECT_THAT(said, HasSubstr("hands over a socket on " + a.bound().text() +
                              " (web.socket), which neither listen.traffic"));
}

TEST(InheritedSockets, ClearTheVariablesAndAreMadeOurOwn) {
  const auto a = loopback();
  const auto said = in_a_process({a.all()[0].get()}, [&] {
    ::setenv("LISTEN_FDNAMES", "x", 1);
    ::fcntl(3, F_SETFL, 0);
    const int zero = 0;
    ::setsockopt(3, IPPROTO_TCP, TCP_NODELAY, &zero, sizeof zero);
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error();
    std::string text;
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
      text += ::getenv(name) == nullptr ? "cleared " : "left ";
    }
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    ::getsockopt(3, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
    text += (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 ? "cloexec " : "";
    text += (::fcntl(3, F_GETFL) & O_NONBLOCK) != 0 ? "nonblock " : "";
    return text + (no_delay != 0 ? "nodelay" : "");
  });
  EXPECT_EQ(said, "cleared cleared cleared cloexec nonblock nodelay");
}

// Whoever had it before was killed while it answered nobody.
TEST(InheritedSockets, AnswerNewClientsWhateverTheyDidBefore) {
  const auto a = loopback();
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{.len = 1, .filter = &nothing};
  ASSERT_EQ(::setsockopt(a.all()[0].get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
            0);
  const auto said = in_a_process({a.all()[0].get()}, [] {
    const auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error();
    const int none = 0;  // to detach what is not there fails
    const bool has_filter = ::setsockopt(3, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) == 0;
    return std::string(has_filter ? "mute" : "answers");
  });
  EXPECT_EQ(said, "answers");
}

TEST(InheritedSockets, OfAnotherProcessAreNotOurs) {
  const auto a = loopback();
  const auto said = in_a_process({a.all()[0].get()}, [&] {
    ::setenv("LISTEN_PID", std::to_string(::getppid()).c_str(), 1);
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error();
    return all_taken(*inherited, {a.bound()});
  });
  EXPECT_EQ(said, "nothing;all well");
}

TEST(InheritedSockets, MustBeListeningStreams) {
  const int plain = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int datagram = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (const int fd : {plain, datagram, file}) {
    const auto said = in_a_process({fd}, [] {
      const auto inherited = InheritedSockets::from_environment();
      return inherited ? "taken" : inherited.error();
    });
    EXPECT_EQ(said,
              "descriptor 3, which was handed over (LISTEN_FDS), is no listening stream socket");
    ::close(fd);
  }
}

// Port 0 is not told by the sockets, so the settings' text finds them; in order where it is the
// same.
TEST(InheritedSockets, OfAPredecessorAreForWhatItsSettingsSaid) {
  const auto a = loopback(), b = loopback(2);
  const auto said = in_a_process({a.all()[0].get(), b.all()[0].get(), b.all()[1].get()}, [&] {
    ::setenv("FORETIDE_HANDED_SOCKETS", "1 given 127.0.0.1:0\n2 given 127.0.0.1:0\n", 1);
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error();
    const Address any{"127.0.0.1", 0};
    return all_taken(*inherited, {any, any, any});
  });
  EXPECT_EQ(said, a.bound().text() + " x1;" + b.bound().text() + " x2;nothing;all well");
}

TEST(InheritedSockets, OfAPredecessorMayBeForNothingNow) {
  const auto a = loopback();
  const auto said = in_a_process({a.all()[0].get()}, [&] {
    ::setenv("FORETIDE_HANDED_SOCKETS", ("1 given " + a.bound().text() + "\n").c_str(), 1);
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error();
    const std::string rest = rest_of(*inherited);
    return rest + (::fcntl(3, F_GETFD) < 0 ? ", closed" : ", open");
  });
  EXPECT_EQ(said, "all well, closed");
}

TEST(InheritedSockets, OfAPredecessorMustAllBeTold) {
  const auto a = loopback();
  const auto said = in_a_process({a.all()[0].get()}, [] {
    ::setenv("FORETIDE_HANDED_SOCKETS", "2 given 127.0.0.1:1\n", 1);
    const auto inherited = InheritedSockets::from_environment();
    return inherited ? "taken" : inherited.error();
  });
  EXPECT_THAT(said, HasSubstr("does not tell of each socket"));
}

}  // namespace
}  // namespace foretide::balancer
