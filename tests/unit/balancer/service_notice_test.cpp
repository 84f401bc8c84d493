// What a service manager hears of us.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "balancer/io/service_notice.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::balancer {
namespace {

class ServiceManager {
 public:
  explicit ServiceManager(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name.copy(at.sun_path, sizeof at.sun_path - 1);
    if (name.front() == '@') at.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  std::string hear() {
    std::array<char, 256> bytes{};
    const auto size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return size < 0 ? "(nothing)" : std::string(bytes.data(), static_cast<std::size_t>(size));
  }

 private:
  Descriptor socket_;
};

void expect_all_heard(const std::string& name) {
  ServiceManager manager(name);
  const ServiceNotice notice(name);
  notice.ready();
  EXPECT_EQ(manager.hear(), "READY=1");
  notice.reloading(Instant(std::chrono::microseconds(1'234'567)));
  EXPECT_EQ(manager.hear(), "RELOADING=1\nMONOTONIC_USEC=1234567");
  notice.main_pid(4711);
  EXPECT_EQ(manager.hear(), "MAINPID=4711");
  notice.stopping();
  EXPECT_EQ(manager.hear(), "STOPPING=1");
}

TEST(ServiceNotice, ReachesASocketInTheFileSystem) {
  const auto path =
      std::filesystem::temp_directory_path() / ("foretide-notify-" + std::to_string(::getpid()));
  std::filesystem::remove(path);
  expect_all_heard(path.string());
  std::filesystem::remove(path);
}

TEST(ServiceNotice, ReachesAnAbstractSocket) {
  expect_all_heard("@foretide-notify-" + std::to_string(::getpid()));
}

TEST(ServiceNotice, IsNothingWhereNobodyListens) {
  for (const std::string name : {"", "@", "x", "/nowhere/at/all", "@foretide-nobody"}) {
    ServiceNotice(name).ready();
  }
  ServiceNotice(std::string(500, '/')).ready();
  ::unsetenv("NOTIFY_SOCKET");
  ServiceNotice::from_environment().ready();
}

}  // namespace
}  // namespace foretide::balancer
