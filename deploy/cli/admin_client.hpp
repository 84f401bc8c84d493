// Asks the coordinator's admin API, one request at a time, and turns every way in which that can
// fail into a sentence for the operator. Blocking, with a deadline; one connection per call, so a
// coordinator that is restarted in between is simply asked again.
//
// Where the token comes from, first that is set: --admin-token-file, the environment's
// FORETIDE_TOKEN; else both the file that a running `foretide dev` leaves for its address in the
// run directory, and the coordinator's own state directory (when the command runs on its host, as
// its user). Of those two the second is tried when the first is refused: a `foretide dev` that was
// killed leaves its file behind.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "common/io/http_client.hpp"
#include "common/result.hpp"

namespace CLI {
class App;
}

namespace foretide::cli {

struct AdminAccess {
  std::string address;     // empty: FORETIDE_ADMIN, then 127.0.0.1:7400
  std::string token_file;  // empty: see above
};

// --admin and --admin-token-file.
void add_admin_options(CLI::App& verb, AdminAccess& access);

// Where a `foretide dev` that serves its admin API at `admin` leaves the token for other commands.
std::string dev_token_file(const Address& admin);

class AdminClient {
 public:
  static Result<AdminClient> open(const AdminAccess& access);
  AdminClient(Address address, std::string token);
  AdminClient(Address address, std::vector<std::string> tokens);

  // A 2xx answer's JSON. Anything else is an Error: not reachable, token refused, what the API
  // said.
  Result<nlohmann::json> get(const std::string& path) const;
  Result<nlohmann::json> post(const std::string& path, const nlohmann::json& body) const;
  // The answer as it came.
  Result<HttpAnswer> ask(const std::string& method, const std::string& path,
                         const std::string& body = {},
                         const std::string& body_type = "application/json") const;
  // What get() and post() make of it.
  Result<nlohmann::json> json_from(const Result<HttpAnswer>& answer) const;

  const Address& address() const { return address_; }
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }

 private:
  Result<HttpAnswer> ask_with(const std::string& token, HttpRequest request) const;

  Address address_;
  std::vector<std::string> tokens_;  // in the order in which they are tried; never empty
  std::chrono::milliseconds timeout_{5'000};
};

}  // namespace foretide::cli
