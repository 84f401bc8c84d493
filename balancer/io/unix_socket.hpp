// A listening socket in the file system. Its file has mode 0660 from the first moment: whoever is
// to reach it is of the balancer's group. Nginx in front of the balancer, say, would be.
//
// A file that a dead process left is replaced, for nobody can be reached by it; one that a living
// process listens on is an Error that says so, and so is a file of another kind. Two balancers that
// begin at once take turns by a lock on the folder.
//
// UnixFile is the right to remove the file again. Who removes it looks whether it is still the one
// that was made: by then another process may have put its own there.
#pragma once

#include <string>
#include <utility>

#include <sys/types.h>

#include "common/io/descriptor.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

class UnixFile {
 public:
  UnixFile() = default;  // none
  // The one that is there now.
  explicit UnixFile(std::string path);
  UnixFile(UnixFile&& other) noexcept { *this = std::move(other); }
  UnixFile& operator=(UnixFile&& other) noexcept;
  ~UnixFile() { remove(); }

  explicit operator bool() const { return !path_.empty(); }
  void remove();
  // It is another's to remove.
  void leave() { path_.clear(); }

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

Result<Descriptor> listen_on_unix(const std::string& path, int backlog);

}  // namespace foretide::balancer
