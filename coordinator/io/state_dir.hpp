// The coordinator's state directory: made at the first start (0700), held by one coordinator at a
// time, and the place where a running one says where it can be found.
//
// The lock is an flock on `lock`, which the kernel gives back however the program ends.
// `coordinator.json` holds the bound addresses, the public key and the pid, so that tools find a
// coordinator that was told to listen on port 0; it is written whole or not at all and is removed
// at the end.
#pragma once

#include <string>

#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide::coordinator {

struct Whereabouts {
  Address admin, control, telemetry;
  std::string public_key;
};

class StateDir {
 public:
  // Makes the directory and takes the lock; a coordinator that has it already is named by its pid.
  static Result<StateDir> take(const std::string& path);
  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&&) = delete;
  ~StateDir();

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  Outcome announce(const Whereabouts& whereabouts);

 private:
  StateDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
  bool announced_ = false;
};

}  // namespace foretide::coordinator
