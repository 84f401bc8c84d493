#include "tests/e2e/lan.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "tests/e2e/cluster.hpp"

namespace foretide::e2e {
namespace {

// To everybody: "who has `address`? tell `address`", from its new owner.
bool announce(const std::string& address) {
  const int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
  ifreq device{};
  std::strncpy(device.ifr_name, Lan::kDevice, IFNAMSIZ - 1);
  ether_arp question{};
  question.arp_hrd = htons(ARPHRD_ETHER);
  question.arp_pro = htons(ETH_P_IP);
  question.arp_hln = ETH_ALEN;
  question.arp_pln = 4;
  question.arp_op = htons(ARPOP_REQUEST);
  bool sent = ioctl(fd, SIOCGIFHWADDR, &device) == 0;
  std::memcpy(question.arp_sha, device.ifr_hwaddr.sa_data, ETH_ALEN);
  inet_pton(AF_INET, address.c_str(), question.arp_spa);
  inet_pton(AF_INET, address.c_str(), question.arp_tpa);
  sockaddr_ll everybody{};
  everybody.sll_family = AF_PACKET;
  everybody.sll_protocol = htons(ETH_P_ARP);
  everybody.sll_ifindex = static_cast<int>(if_nametoindex(Lan::kDevice));
  everybody.sll_halen = ETH_ALEN;
  std::memset(everybody.sll_addr, 0xff, ETH_ALEN);
  sent = sent && sendto(fd, &question, sizeof question, 0, reinterpret_cast<sockaddr*>(&everybody),
                        sizeof everybody) == sizeof question;
  close(fd);
  return sent;
}

}  // namespace

// On a thread that ends with it: this process stays where it is.
LanHost::LanHost() {
  std::thread([&] {
    if (unshare(CLONE_NEWNET) != 0) return;
    namespace_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  }).join();
}

LanHost::~LanHost() {
  if (made()) close(namespace_);
}

void LanHost::enter() const {
  ASSERT_EQ(setns(namespace_, CLONE_NEWNET), 0) << std::strerror(errno);
}

std::string LanHost::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(namespace_);
}

std::vector<std::string> LanHost::there(std::vector<std::string> argv) const {
  std::vector<std::string> command{"nsenter", "--net=" + path()};
  command.insert(command.end(), argv.begin(), argv.end());
  return command;
}

bool LanHost::shell(const std::string& script) const {
  const Ran ran = run(there({"/bin/sh", "-ec", script}));
  if (ran.status != 0) std::cerr << script << ": " << ran.output;
  return ran.status == 0;
}

Lan::Lan() {
  made_ = wire_.made() &&
          wire_.shell("ip link set lo up; ip link add bridge type bridge; ip addr add " +
                      address(1) + "/24 dev bridge; ip link set bridge up");
}

std::unique_ptr<LanHost> Lan::join(int number) const {
  auto host = std::make_unique<LanHost>();
  const std::string port = "port" + std::to_string(number), device = kDevice;
  EXPECT_TRUE(wire_.shell("ip link add " + port + " type veth peer name " + device + " netns " +
                          host->path() + "; ip link set " + port + " master bridge up"));
  EXPECT_TRUE(host->shell("ip link set lo up; ip addr add " + address(number) + "/24 dev " +
                          device + "; ip link set " + device + " up"));
  return host;
}

void take_address(const LanHost& host, const std::string& address) {
  ASSERT_TRUE(host.shell("ip addr del " + address + "/32 dev " + Lan::kDevice));
}

void give_address(const LanHost& host, const std::string& address) {
  ASSERT_TRUE(host.shell("ip addr add " + address + "/32 dev " + Lan::kDevice));
  ASSERT_TRUE(host.inside([&] { return announce(address); }));
}

}  // namespace foretide::e2e
