// The listening sockets of one address: opened before a thread runs, kept until nobody is listened
// for any more.
//
// On TCP each thread has a socket of its own on the same port (SO_REUSEPORT), and the kernel
// spreads the connections: 4 threads, 4 sockets. A unix socket, and one that was handed over to us,
// is a single one that all threads share. Every thread gets a descriptor of its own of what it
// serves (share()); here stay the originals, which is what can be handed over to a successor.
//
// An address in use is an Error that names it; so is one that another program shares by
// SO_REUSEPORT, which the kernel alone would allow. "[::]" is listened on for IPv4 too, unless
// an IPv4 address with its port stands beside it.
#pragma once

#include <cstdint>
#include <vector>

#include "balancer/core/handed_sockets.hpp"
#include "balancer/io/unix_socket.hpp"
#include "common/address.hpp"
#include "common/io/descriptor.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

enum class Families : std::uint8_t { kAll, kV6Only };  // of clients at "[::]"

// What "[::]:8080" means beside these.
Families families_of(const Address& address, const std::vector<Address>& beside);

Address bound_address(int fd);

// How the system writes the address, if it is one that a socket can have: what getsockname tells of
// a socket that is bound to it. Resolves names.
Result<Address> as_bound(const Address& address);

class ListeningSockets {
 public:
  struct Wanted {
    Address address;
    std::uint32_t threads = 1;
    Families families = Families::kAll;
  };
  static Result<ListeningSockets> open(const Wanted& wanted);

  struct Handed {
    Address address;  // as configured
    std::vector<Descriptor> sockets;
    HandedSockets::File file = HandedSockets::File::kGiven;
  };
  static ListeningSockets adopt(Handed handed);

  const Address& address() const { return address_; }  // as configured
  Address bound() const { return bound_address(sockets_.front().get()); }
  const std::vector<Descriptor>& all() const { return sockets_; }
  bool owns_file() const { return file_ || promised_file_; }

  // What one of so many threads is to listen on: descriptors for it to close. Every socket is some
  // thread's, every thread has a socket.
  std::vector<int> share(std::uint32_t thread, std::uint32_t threads) const;
  // Whether a socket of this address is listened on by several of so many threads.
  bool is_shared(std::uint32_t threads) const { return sockets_.size() < threads; }

  // Another process goes on listening here.
  void leave_file() { file_.leave(); }
  // Who handed the sockets over is gone, or lets go of them: what was its file is now ours to
  // remove. Not before, as it goes on if we fail.
  void claim_file();

 private:
  Address address_;
  UnixFile file_;
  bool promised_file_ = false;  // see claim_file()
  std::vector<Descriptor> sockets_;
};

}  // namespace foretide::balancer
