// A folder for the files of one test: made when it begins, removed with all that is in it when it
// ends.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace foretide::coordinator {

class Folder {
 public:
  Folder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foretide-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace foretide::coordinator
