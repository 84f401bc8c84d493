#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct TokenOptions {
  AdminAccess access;
  std::string role, name;
  bool json = false;
};

// An address of this host that others may reach; the coordinator's host is where tokens are made.
std::string own_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    if ((one->ifa_flags & IFF_LOOPBACK) != 0 || (one->ifa_flags & IFF_UP) == 0) continue;
    char host[NI_MAXHOST];
    if (::getnameinfo(one->ifa_addr, sizeof(sockaddr_in), host, sizeof host, nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      return host;
    }
  }
  return {};
}

// Where a joiner dials: what the coordinator listens on, or, when that is every address, one of
// ours.
std::string dialled(const std::string& control, const Address& admin) {
  std::optional<Address> address = parse_address(control);
  if (!address) return control;
  const std::string& host = address->host;
  if (host.empty() || host == "0.0.0.0" || host == "::" || host == "*") {
    address->host = admin.is_loopback() ? own_address() : admin.host;
    if (address->host.empty()) address->host = "ADDRESS-OF-THIS-HOST";
  }
  return address->text();
}

int create(const TokenOptions& options) {
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) {
    std::fprintf(stderr, "foretide: %s\n", admin.error().c_str());
    return kFailed;
  }
  nlohmann::json body{{"role", options.role}};
  if (!options.name.empty()) body["name"] = options.name;
  Result<nlohmann::json> answer = admin->post("/v1/tokens", body);
  if (!answer) {
    std::fprintf(stderr, "foretide: %s\n", answer.error().c_str());
    return kFailed;
  }
  const std::string token = text_in(*answer, "token");
  const std::string control = dialled(text_in(*answer, "control"), admin->address());
  if (options.json) {
    (*answer)["join"] = "foretide join " + control + " --token " + token;
    std::printf("%s\n", answer->dump(2).c_str());
    return kDone;
  }
  const auto minutes = count_in(*answer, "expires_in_s") / 60;
  std::printf(
      "%s\n\nGood for one %s, within %llu minutes. On its host:\n\n  foretide join %s --token %s\n",
      token.c_str(), options.role.c_str(), static_cast<unsigned long long>(minutes),
      control.c_str(), token.c_str());
  return kDone;
}

}  // namespace

void add_token(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("token", "Make tokens by which hosts join");
  verb->require_subcommand(1);
  verb->footer("Example:\n  foretide token create --role agent --name node-a");
  CLI::App* make = verb->add_subcommand("create", "Make a token for one agent or balancer");
  auto options = std::make_shared<TokenOptions>();
  make->add_option("--role", options->role, "agent or balancer")
      ->required()
      ->check(CLI::IsMember({"agent", "balancer"}));
  make->add_option("--name", options->name, "The name that its bearer gets (default: he chooses)");
  make->add_flag("--json", options->json, "Print the admin API's answer");
  add_admin_options(*make, options->access);
  make->footer("Example:\n  foretide token create --role agent --name node-a");
  make->callback([options, &exit_code] { exit_code = create(*options); });
}

}  // namespace foretide::cli
