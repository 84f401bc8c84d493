// Where it listens: several addresses, IPv6 beside IPv4, sockets in the file system, and what
// happens to them when somebody else is there already.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "balancer/io/listening_sockets.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "foretide-XXXXXX").string()) {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Nothing where nobody listens.
RawSocket caller_of(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  RawSocket caller(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) caller.close();
  return caller;
}

bool connects_over(int family, std::uint16_t port) {
  sockaddr_storage to{};
  to.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_port = htons(port);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4.sin_port = htons(port);
  }
  const RawSocket caller(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(caller.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

Result<ListeningSockets> listen_on(const std::string& path) {
  return ListeningSockets::open({.address = {"unix:" + path, 0}});
}

bool has_v6() {
  return static_cast<bool>(ListeningSockets::open({.address = {"::1", 0}}));
}

TEST(Listening, TakesIPv4AtTheV6WildcardWhenItStandsAlone) {
  if (!has_v6()) GTEST_SKIP() << "no IPv6 here";
  const auto opened = ListeningSockets::open({.address = {"::", 0}});
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_TRUE(connects_over(AF_INET6, opened->bound().port));
  EXPECT_TRUE(connects_over(AF_INET, opened->bound().port));
}

TEST(Listening, ServesBothWildcardsOfOnePort) {
  if (!has_v6()) GTEST_SKIP() << "no IPv6 here";
  for (const std::uint32_t threads : {1U, 3U}) {
    const auto v4 = ListeningSockets::open({.address = {"0.0.0.0", 0}, .threads = threads});
    ASSERT_TRUE(v4) << v4.error();
    const Address beside{"::", v4->bound().port};
    const auto v6 =
        ListeningSockets::open({.address = beside,
                                .threads = threads,
                                .families = families_of(beside, {v4->bound(), beside})});
    ASSERT_TRUE(v6) << v6.error();
    EXPECT_TRUE(connects_over(AF_INET6, beside.port));
    EXPECT_TRUE(connects_over(AF_INET, beside.port));
  }
}

TEST(Listening, LeavesIPv4ToWhoTakesItOnly) {
  const Address wildcard{"::", 8080};
  EXPECT_EQ(families_of(wildcard, {wildcard}), Families::kAll);
  EXPECT_EQ(families_of(wildcard, {wildcard, {"0.0.0.0", 8081}}), Families::kAll);
  EXPECT_EQ(families_of(wildcard, {wildcard, {"unix:/a", 8080}}), Families::kAll);
  EXPECT_EQ(families_of(wildcard, {{"127.0.0.1", 8080}, wildcard}), Families::kV6Only);
}

TEST(Listening, GivesEveryThreadASocketAndEverySocketAThread) {
  for (const std::uint32_t sockets : {1U, 2U, 3U}) {
    const auto opened = ListeningSockets::open({.address = {"127.0.0.1", 0}, .threads = sockets});
    ASSERT_TRUE(opened) << opened.error();
    for (const std::uint32_t threads : {1U, 2U, 3U, 5U}) {
      std::set<ino_t> served;
      for (std::uint32_t thread = 0; thread < threads; ++thread) {
        const auto mine = opened->share(thread, threads);
        EXPECT_FALSE(mine.empty());
        for (const int fd : mine) {
          struct stat socket {};
          ::fstat(fd, &socket);
          served.insert(socket.st_ino);
          ::close(fd);
        }
      }
      EXPECT_EQ(served.size(), sockets) << threads << " threads";
      EXPECT_EQ(opened->is_shared(threads), sockets < threads);
    }
  }
}

TEST(UnixSocket, IsForTheGroupWhateverTheUmask) {
  const Folder folder;
  for (const mode_t mask : {0000U, 0022U, 0177U}) {
    const mode_t before = ::umask(mask);
    const auto opened = listen_on(folder / "s");
    ::umask(before);
    ASSERT_TRUE(opened) << opened.error();
    struct stat file {};
    ASSERT_EQ(::stat((folder / "s").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0660U);
    EXPECT_EQ(opened->bound().text(), "unix:" + (folder / "s"));
  }
}

TEST(UnixSocket, IsRemovedInTheEnd) {
  const Folder folder;
  { ASSERT_TRUE(listen_on(folder / "s")); }
  EXPECT_FALSE(std::filesystem::exists(folder / "s"));
}

TEST(UnixSocket, IsNotRemovedWhenItIsAnothersByNow) {
  const Folder folder;
  {
    auto handed_on = listen_on(folder / "left");
    handed_on->leave_file();
    const auto mine = listen_on(folder / "s");
    std::filesystem::remove(folder / "s");
    std::ofstream(folder / "s") << "another's";
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "left"));
  EXPECT_TRUE(std::filesystem::exists(folder / "s"));
}

// A successor that fails must not take the socket away from who goes on.
TEST(UnixSocket, OfAPredecessorIsRemovedOnlyOnceItIsClaimed) {
  const Folder folder;
  auto first = listen_on(folder / "s");
  const auto adopted = [&] {
    std::vector<Descriptor> sockets;
    sockets.emplace_back(first->share(0, 1).front());
    return ListeningSockets::adopt({.address = first->address(),
                                    .sockets = std::move(sockets),
                                    .file = HandedSockets::File::kOurs});
  };
  {
    const auto fails = adopted();
    EXPECT_TRUE(fails.owns_file()) << "its own successor would get it";
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "s"));
  first->leave_file();
  {
    auto serves = adopted();
    serves.claim_file();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "s"));
}

TEST(UnixSocket, OfADeadProcessIsReplaced) {
  const Folder folder;
  { listen_on(folder / "s")->leave_file(); }
  ASSERT_TRUE(std::filesystem::exists(folder / "s"));
  const auto again = listen_on(folder / "s");
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(caller_of(folder / "s").is_open());
}

TEST(UnixSocket, OfALivingProcessIsLeftAlone) {
  const Folder folder;
  const auto first = listen_on(folder / "s");
  const auto second = listen_on(folder / "s");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            "cannot listen on unix:" + (folder / "s") + ": another program listens there");
  EXPECT_TRUE(caller_of(folder / "s").is_open());
}

TEST(UnixSocket, TellsWhatStandsInItsWay) {
  const Folder folder;
  std::ofstream(folder / "file") << "text";
  EXPECT_THAT(listen_on(folder / "file").error(), HasSubstr("a file that is no socket"));
  EXPECT_TRUE(std::filesystem::exists(folder / "file"));
  EXPECT_THAT(listen_on(folder / "none/s").error(),
              HasSubstr("its folder " + (folder / "none/") + " cannot be opened"));
}

// Both threads are served from one socket; a client without an IP address is not made up one.
TEST(UnixSocket, IsServedByThreadsThatShareIt) {
  const Folder folder;
  const auto opened = listen_on(folder / "s");
  RawServer worker;
  Proxy one, other;
  for (Proxy* proxy : {&one, &other}) {
    proxy->apply({endpoint_at("a", worker.address())});
    proxy->on_thread([&](TrafficThread& thread) {
      thread.listen({.fd = opened->share(0, 1).front(), .sockets = Listener::Sockets::kShared});
      return 0;
    });
  }
  for (int i = 0; i < 20; ++i) {
    auto client = caller_of(folder / "s");
    client.send(get("/", "X-Forwarded-For: 10.9.9.9\r\n"));
    auto upstream = worker.accept();
    const std::string request = upstream.receive_message();
    EXPECT_THAT(request, HasSubstr("for=unknown"));
    EXPECT_THAT(request, Not(HasSubstr("X-Forwarded-For")));
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_THAT(client.receive_message(), EndsWith("ok"));
  }
}

// The socket lives on in the other thread, so the kernel would go on telling the first of it.
TEST(UnixSocket, GoesOnWithTheOtherThreadWhenOneEnds) {
  const Folder folder;
  const auto opened = listen_on(folder / "s");
  RawServer worker;
  Proxy stays;
  stays.apply({endpoint_at("a", worker.address())});
  const auto listen = [&](TrafficThread& thread) {
    thread.listen({.fd = opened->share(0, 1).front(), .sockets = Listener::Sockets::kShared});
    return 0;
  };
  stays.on_thread(listen);
  Proxy ends;
  ends.on_thread(listen);
  ends.on_thread([](TrafficThread& thread) { return thread.drain([] {}), 0; });
  for (int i = 0; i < 20; ++i) {
    auto client = caller_of(folder / "s");
    client.send(get());
    auto upstream = worker.accept();
    upstream.receive_message();
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_THAT(client.receive_message(), EndsWith("ok"));
  }
}

}  // namespace
}  // namespace foretide::balancer
