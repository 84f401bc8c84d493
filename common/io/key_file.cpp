#include "common/io/key_file.hpp"

#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "common/io/atomic_file.hpp"
#include "common/text_codes.hpp"

namespace foretide {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kSecretBytesMax = 4096;

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 || errno != ENOENT;
}

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return Error{"cannot read " + path + ": " + std::strerror(errno)};
  }
  if (!S_ISREG(found.st_mode)) return Error{"cannot read " + path + ": it is no file"};
  if ((found.st_mode & 077) != 0) {
    return Error{path + " holds a secret but others than its owner may read it: chmod 600 " + path +
                 " (and make a new one if somebody may have read it)"};
  }
  auto text = read_file(path, kSecretBytesMax);
  if (!text) return text;
  while (text->ends_with('\n') || text->ends_with('\r') || text->ends_with(' ')) text->pop_back();
  if (text->empty()) return Error{path + " is empty"};
  if (text->find('\n') != std::string::npos) return Error{path + " holds more than one line"};
  return text;
}

Outcome write_secret(const std::string& path, const std::string& text) {
  return write_file(path, text + "\n", kOwnerOnly);
}

Result<KeyPair> read_key_file(const std::string& path) {
  auto secret = read_secret(path);
  if (!secret) return Error{secret.error()};
  auto public_key = public_key_for(*secret);
  if (!public_key) return Error{path + " holds no secret key: expected 40 characters"};
  return KeyPair{*public_key, *secret};
}

Outcome write_key_file(const std::string& path, const std::string& secret_key) {
  return write_secret(path, secret_key);
}

Result<KeyPair> read_or_make_key_file(const std::string& path) {
  if (exists(path)) return read_key_file(path);
  KeyPair keys = make_key_pair();
  if (auto written = write_key_file(path, keys.secret_key); !written) {
    return Error{written.error()};
  }
  return keys;
}

std::string random_token() {
  std::string bytes(32, '\0');
  CHECK(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
        "the kernel gives up to 256 random bytes whole");
  return base64url_encoded(bytes);
}

Result<std::string> read_or_make_token(const std::string& path) {
  if (exists(path)) return read_secret(path);
  std::string token = random_token();
  if (auto written = write_secret(path, token); !written) return Error{written.error()};
  return token;
}

}  // namespace foretide
