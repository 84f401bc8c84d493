#include "deploy/cli/admin_client.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/check.hpp"
#include "common/io/paths.hpp"

namespace foretide::cli {
namespace {

constexpr std::uint16_t kAdminPort = 7400;

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return trimmed(line);
}

constexpr std::chrono::milliseconds kProbePatience{1'000};

// Without a token the likeliest cause is that no coordinator runs here, and that can be told.
bool answers(const Address& address) {
  return static_cast<bool>(HttpClient(address, kProbePatience).ask({.target = "/healthz"}));
}

// Those that may open the API at `address`, the likeliest first.
Result<std::vector<std::string>> tokens_for(const AdminAccess& access, const Address& address) {
  if (!access.token_file.empty()) {
    std::string token = first_line_of(access.token_file);
    if (token.empty()) {
      return Error{"cannot read an admin token from " + access.token_file +
                   " (missing, empty, or not yours to read)"};
    }
    return std::vector{token};
  }
  if (const char* token = std::getenv("FORETIDE_TOKEN"); token != nullptr && *token != '\0') {
    return std::vector{std::string(token)};
  }
  const std::string own = state_dir("coordinator") + "/admin.token";
  std::vector<std::string> tokens{first_line_of(dev_token_file(address)), first_line_of(own)};
  std::erase(tokens, "");
  if (!tokens.empty()) return tokens;
  if (!answers(address)) {
    return Error{"no coordinator answers at " + address.text() +
                 ", and there is no admin token for one. Is foretide-coordinator running? (--admin "
                 "names another address)"};
  }
  return Error{"no admin token for " + address.text() + ": " + own +
               " is missing or not yours to read; name another by --admin-token-file, or set "
               "FORETIDE_TOKEN"};
}

// The API's own sentence, if it sent one.
std::string said_in(const std::string& body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object()) {
    for (const char* key : {"error", "message", "reason"}) {
      if (json.contains(key) && json[key].is_string()) return json[key].get<std::string>();
    }
  }
  return trimmed(body.substr(0, 400));
}

}  // namespace

void add_admin_options(CLI::App& verb, AdminAccess& access) {
  verb.add_option("--admin", access.address,
                  "The coordinator's admin address (default 127.0.0.1:7400, or FORETIDE_ADMIN)");
  verb.add_option(
      "--admin-token-file", access.token_file,
      "File with the admin token (default: FORETIDE_TOKEN, or this host's coordinator's)");
}

std::string dev_token_file(const Address& admin) {
  return run_dir() + "/dev-" + std::to_string(admin.port) + ".token";
}

Result<AdminClient> AdminClient::open(const AdminAccess& access) {
  std::string text = access.address;
  if (text.empty()) {
    const char* set = std::getenv("FORETIDE_ADMIN");
    text = set != nullptr && *set != '\0' ? set : "127.0.0.1:" + std::to_string(kAdminPort);
  }
  std::optional<Address> address = parse_address(text);
  if (!address && text.find(':') == std::string::npos) address = Address{text, kAdminPort};
  if (!address) return Error{"'" + text + "' is no address; write it as 127.0.0.1:7400"};
  if (address->host.empty()) address->host = "127.0.0.1";
  Result<std::vector<std::string>> tokens = tokens_for(access, *address);
  if (!tokens) return Error{tokens.error()};
  return AdminClient(*address, std::move(*tokens));
}

AdminClient::AdminClient(Address address, std::string token)
    : AdminClient(std::move(address), std::vector{std::move(token)}) {}

AdminClient::AdminClient(Address address, std::vector<std::string> tokens)
    : address_(std::move(address)), tokens_(std::move(tokens)) {
  CHECK(!tokens_.empty(), "whoever asks has a token, if an empty one");
}

Result<HttpAnswer> AdminClient::ask(const std::string& method, const std::string& path,
                                    const std::string& body, const std::string& body_type) const {
  HttpRequest request{.method = method, .target = path, .body = body};
  request.headers = {{"Accept", "application/json"}};
  if (!body.empty()) request.headers["Content-Type"] = body_type;
  Result<HttpAnswer> answer = ask_with(tokens_.front(), request);
  for (std::size_t i = 1; i < tokens_.size() && answer && answer->status == 401; ++i) {
    answer = ask_with(tokens_[i], request);
  }
  return answer;
}

Result<HttpAnswer> AdminClient::ask_with(const std::string& token, HttpRequest request) const {
  request.headers["Authorization"] = "Bearer " + token;
  HttpClient client(address_, timeout_);
  Result<HttpAnswer> answer = client.ask(request);
  if (!answer) {
    return Error{"the coordinator's admin API does not answer: " + answer.error() +
                 ". Is foretide-coordinator running? (--admin names another address)"};
  }
  return answer;
}

Result<nlohmann::json> AdminClient::json_from(const Result<HttpAnswer>& answer) const {
  if (!answer) return Error{answer.error()};
  if (answer->status == 401 || answer->status == 403) {
    const std::string said = said_in(answer->body);
    return Error{"the coordinator at " + address_.text() + " refused the admin token" +
                 (said.empty() ? "" : " (" + said + ")") + "; --admin-token-file names another"};
  }
  if (answer->status / 100 != 2) {
    const std::string said = said_in(answer->body);
    return Error{said.empty()
                     ? "the coordinator answered with status " + std::to_string(answer->status)
                     : said};
  }
  nlohmann::json json = nlohmann::json::parse(answer->body, nullptr, false);
  if (json.is_discarded()) {
    return Error{"what answers at " + address_.text() +
                 " is no Foretide coordinator: " + answer->body.substr(0, 80)};
  }
  return json;
}

Result<nlohmann::json> AdminClient::get(const std::string& path) const {
  return json_from(ask("GET", path));
}

Result<nlohmann::json> AdminClient::post(const std::string& path,
                                         const nlohmann::json& body) const {
  return json_from(ask("POST", path, body.dump()));
}

}  // namespace foretide::cli
