#include "deploy/cli/enrolment.hpp"

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "common/io/key_file.hpp"
#include "common/io/zmq_channel.hpp"
#include "common/join_token.hpp"
#include "common/wire/codec.hpp"

namespace foretide::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kAskAgain{1'000};
// For a coordinator that refuses the key: one that is only starting takes it at the next try.
constexpr milliseconds kRefusedPatience{3'000};
// How the channel's sentence about that begins.
constexpr std::string_view kRefusedKey = "the handshake failed";

// One conversation with the coordinator under the token's key: Enrol until Enrolled, Refusal, or no
// more time. Saying Enrol again is harmless; the same key gets the same answer.
class Conversation {
 public:
  Conversation(const Address& control, const JoinToken& token, wire::Enrol enrol)
      : control_(control), enrol_(std::move(enrol)) {
    const Result<std::string> own = public_key_for(token.secret_key);
    if (!own) {
      trouble_ = "the token is damaged: " + own.error();
      return;
    }
    client_ =
        ZmqClient::connect(loop_,
                           {.control = control,
                            .telemetry = control,  // never spoken on; there is but one address yet
                            .keys = {*own, token.secret_key},
                            .server_key = token.coordinator_key},
                           {.on_arrival = [this](Arrival arrival) { hear(arrival); },
                            .on_connected = [this](const std::string&) { ask(); },
                            .on_disconnected = [this](const std::string& why) { miss(why); }});
  }

  Result<wire::Enrolled> hold(milliseconds patience) {
    const auto begun = steady_clock::now();
    auto deadline = begun + patience;
    while (client_ && !answer_ && trouble_.empty() && steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_for(
          std::min(kAskAgain, std::chrono::ceil<milliseconds>(deadline - steady_clock::now())));
      if (connected_) ask();
      if (refused_at_ && !connected_)
        deadline = std::min(deadline, *refused_at_ + kRefusedPatience);
    }
    const auto tried = std::chrono::round<std::chrono::seconds>(steady_clock::now() - begun);
    client_.reset();
    if (answer_) return *answer_;
    if (!trouble_.empty()) return Error{trouble_};
    const std::string seconds = std::to_string(tried.count()) + " s";
    return Error{connected_
                     ? control_.text() + " did not answer within " + seconds
                     : "no coordinator that takes this token was reached at " + control_.text() +
                           " within " + seconds + (last_.empty() ? "" : " (" + last_ + ")") +
                           "; the address may be wrong, the coordinator down, or the token used, "
                           "expired, or another cluster's"};
  }

 private:
  void ask() {
    connected_ = true;
    wire::Message message;
    message.envelope.session = enrol_.public_key;
    message.envelope.sequence = ++sequence_;
    message.body = enrol_;
    client_->send(wire::encode(message));
  }

  void miss(const std::string& why) {
    last_ = why;
    if (why.starts_with(kRefusedKey) && !refused_at_) refused_at_ = steady_clock::now();
  }

  void hear(const Arrival& arrival) {
    const Result<wire::Message> message = wire::decode(arrival.bytes);
    if (!message) return;
    if (const auto* enrolled = std::get_if<wire::Enrolled>(&message->body)) {
      answer_ = *enrolled;
    } else if (const auto* refusal = std::get_if<wire::Refusal>(&message->body)) {
      trouble_ = "the coordinator refused: " + refusal->reason;
    } else {
      return;
    }
    loop_.stop();
  }

  Address control_;
  wire::Enrol enrol_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_{
      loop_.get_executor()};
  std::unique_ptr<ZmqClient> client_;
  std::optional<wire::Enrolled> answer_;
  std::string trouble_, last_;
  std::uint64_t sequence_ = 0;
  bool connected_ = false;
  std::optional<steady_clock::time_point> refused_at_;
};

Outcome make_directory(const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return Error{"cannot make " + dir + ": " + error.message()};
  return Done{};
}

// Asked before the token is spent: whoever has joined keeps what it has. A key without settings
// beside it may be another program's, which was given the same state directory.
Outcome check_not_joined(const std::string& config_file, const std::string& key_file) {
  std::error_code error;
  const bool has_settings = std::filesystem::exists(config_file, error);
  const bool has_key = std::filesystem::exists(key_file, error);
  if (has_settings) {
    return Error{config_file + " exists: this host has joined already. To join again, remove it" +
                 (has_key ? " and its key " + key_file : "")};
  }
  if (has_key) {
    return Error{key_file +
                 " exists and is the key of a program that has joined. Name another directory by "
                 "--state, or remove the key if nothing uses it"};
  }
  return Done{};
}

Outcome write_settings(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.flush();
  if (!file) return Error{"cannot write " + path + ": " + std::strerror(errno)};
  return Done{};
}

CoordinatorPeer peer_for(const Address& dialled, const wire::Enrolled& enrolled,
                         const JoinToken& token) {
  CoordinatorPeer peer{enrolled.control, enrolled.telemetry, token.coordinator_key};
  for (Address* address : {&peer.control, &peer.telemetry}) {
    if (address->host.empty()) address->host = dialled.host;
  }
  return peer;
}

const char* role_name(wire::Role role) {
  return role == wire::Role::kAgent ? "agent" : "balancer";
}

const char* with_article(wire::Role role) {
  return role == wire::Role::kAgent ? "an agent" : "a balancer";
}

Outcome write_files(const JoinRequest& request, const Joined& joined, const std::string& key_file,
                    const CoordinatorPeer& peer) {
  if (joined.role == wire::Role::kAgent) {
    AgentSettings settings = request.agent;
    settings.coordinator = peer;
    settings.name = joined.name;
    settings.key_file = key_file;
    settings.state = request.state_dir;
    return write_settings(joined.config_file, agent_yaml(settings));
  }
  BalancerSettings settings = request.balancer;
  settings.coordinator = peer;
  settings.name = joined.name;
  settings.key_file = key_file;
  settings.state = request.state_dir;
  return write_settings(joined.config_file, balancer_yaml(settings));
}

}  // namespace

Result<Joined> join_cluster(JoinRequest request) {
  const Result<JoinToken> token = parse_join_token(request.token);
  if (!token) return Error{token.error()};
  if (request.role && *request.role != token->role) {
    return Error{std::string("the token is for ") + with_article(token->role) + ", not for " +
                 with_article(*request.role)};
  }
  Joined joined;
  joined.role = token->role;
  joined.config_file = request.config_dir + "/" + role_name(joined.role) + ".yaml";
  for (const std::string& dir : {request.config_dir, request.state_dir}) {
    if (Outcome made = make_directory(dir); !made) return Error{made.error()};
  }
  const std::string key_file = request.state_dir + "/node.key";
  if (Outcome fresh = check_not_joined(joined.config_file, key_file); !fresh) {
    return Error{fresh.error()};
  }
  // Beside its place until the coordinator knows it.
  const KeyPair keys = make_key_pair();
  const std::string new_key_file = key_file + ".joining";
  if (Outcome written = write_key_file(new_key_file, keys.secret_key); !written) {
    return Error{written.error()};
  }
  Conversation conversation(request.control, *token, {joined.role, request.name, keys.public_key});
  const Result<wire::Enrolled> enrolled = conversation.hold(request.patience);
  if (!enrolled) {
    std::error_code ignored;
    std::filesystem::remove(new_key_file, ignored);
    return Error{enrolled.error()};
  }
  if (::rename(new_key_file.c_str(), key_file.c_str()) != 0) {
    return Error{"cannot write " + key_file + ": " + std::strerror(errno)};
  }
  joined.name = enrolled->name;
  const CoordinatorPeer peer = peer_for(request.control, *enrolled, *token);
  if (Outcome written = write_files(request, joined, key_file, peer); !written) {
    return Error{written.error()};
  }
  return joined;
}

}  // namespace foretide::cli
