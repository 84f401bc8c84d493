// Several hosts on one wire: network namespaces, joined by a bridge, with addresses that can move
// from one to another as VRRP moves them.
//
// The namespaces have no name; descriptors of this process hold them. So whatever becomes of a
// test, they are gone with its process and the programs that it started, and every test may use the
// same addresses and ports. Needs root, `ip` and `nsenter`; made() tells.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace foretide::e2e {

class LanHost {
 public:
  LanHost();
  ~LanHost();
  LanHost(const LanHost&) = delete;

  bool made() const { return namespace_ >= 0; }
  // A path for other programs, as long as this process lives.
  std::string path() const;
  // A command that runs there.
  std::vector<std::string> there(std::vector<std::string> argv) const;
  // False, with what it said on stderr, when one of the commands fails.
  bool shell(const std::string& script) const;
  // Runs it on a thread that is there, and so are the threads and sockets that it makes.
  template <class Call>
  auto inside(Call call) const {
    std::invoke_result_t<Call> result{};
    std::thread([&] {
      enter();
      result = call();
    }).join();
    return result;
  }

 private:
  void enter() const;
  int namespace_ = -1;
};

class Lan {
 public:
  static constexpr const char* kDevice = "eth0";  // of every host

  // The wire is a host too, at 10.80.0.1/24.
  Lan();
  bool made() const { return made_; }
  // A host at 10.80.0.`number`.
  std::unique_ptr<LanHost> join(int number) const;
  const LanHost& wire() const { return wire_; }
  static std::string address(int number) { return "10.80.0." + std::to_string(number); }

 private:
  LanHost wire_;
  bool made_ = false;
};

void take_address(const LanHost& host, const std::string& address);
// And tells everybody by gratuitous ARP, as VRRP's new master does.
void give_address(const LanHost& host, const std::string& address);

}  // namespace foretide::e2e
