// Which certificate serves which name: exact names first, then wildcards, which stand for exactly
// one label ("*.example.org" serves "a.example.org", not "example.org" and not "a.b.example.org";
// RFC 6125 section 6.4.3). Of two certificates with one name the first given serves it. Names are
// compared without case and final dot.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace foretide::balancer {

class ServerNames {
 public:
  // `name` as a certificate has it. False when another one serves it already.
  bool add(std::string_view name, std::size_t certificate);
  std::optional<std::size_t> find(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::size_t> exact_;
  std::unordered_map<std::string, std::size_t> wildcards_;  // ".example.org"
};

}  // namespace foretide::balancer
