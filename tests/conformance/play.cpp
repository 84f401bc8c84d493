#include "tests/conformance/play.hpp"

#include <algorithm>
#include <utility>

#include "tests/conformance/checks.hpp"
#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using StepKind = Step::Kind;
using State = Reading::State;

bool is_of_upstream(StepKind kind) {
  return kind == StepKind::kAnswer || kind == StepKind::kUpstreamCloses ||
         kind == StepKind::kUpstreamResets;
}

}  // namespace

std::string answer_with(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string Play::run() {
  std::string trouble = run_steps();
  if (trouble.empty()) trouble = nothing_more_came();
  if (client_) client_->reset_on_close();
  client_.reset();
  stage_.clear_upstream();
  return trouble;
}

std::string Play::run_steps() {
  const auto& steps = case_.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step* const next = i + 1 < steps.size() ? &steps[i + 1] : nullptr;
    std::string trouble = run_step(steps[i]);
    if (trouble.empty() && steps[i].kind == StepKind::kForward) {
      trouble = answer_plainly(steps[i], next);
    }
    if (!trouble.empty()) return "line " + std::to_string(steps[i].line) + ": " + trouble;
  }
  return {};
}

std::string Play::run_step(const Step& step) {
  if (!client_ && step.kind != StepKind::kSend) return "the case has sent nothing yet";
  if (upstream_ == nullptr && is_of_upstream(step.kind)) return "there is nothing to answer";
  switch (step.kind) {
    case StepKind::kSend:
      if (!client_) client_ = stage_.connect_client();
      if (!client_) return "the proxy accepts no connection";
      return send(*client_, step), "";
    case StepKind::kEndWriting:
      return client_->end_writing(), "";
    case StepKind::kForward:
      return forward(step);
    case StepKind::kContinue:
      return take_continue();
    case StepKind::kAnswer:
      return send(*upstream_, step), "";
    case StepKind::kUpstreamCloses:
      return upstream_->end_writing(), "";
    case StepKind::kUpstreamResets:
      return reset_upstream(), "";
    case StepKind::kUpstreamIsClosed:
      return upstream_is_closed();
    case StepKind::kSee:
      return see(step);
    case StepKind::kReject:
      return reject(step);
    case StepKind::kAbort:
      return abort(step);
    case StepKind::kClosed:
      return closed();
    case StepKind::kAgain:
    case StepKind::kAgainFresh:
    case StepKind::kNext:
    case StepKind::kNextFresh:
    case StepKind::kNextSame:
      return another_request(step.kind);
  }
  return {};
}

void Play::send(Connection& to, const Step& step) {
  if (!step.in_single_bytes) return to.send(step.bytes, stage_.patience());
  for (const char& c : step.bytes) to.send({&c, 1}, stage_.patience());
}

std::string Play::another_request(StepKind kind) {
  const bool same_client = kind == StepKind::kAgain || kind == StepKind::kAgainFresh;
  const Connection* const before = upstream_;
  if (!same_client) {
    former_ = std::exchange(client_, stage_.connect_client());
    if (!client_) return "the proxy accepts no connection";
  }
  if (client_->unread.size() > 0) {
    return "the client got more than its answer: '" + shown(client_->unread) + "'";
  }
  const std::string target = "/another" + std::to_string(++others_);
  client_->send("GET " + target + " HTTP/1.1\r\nHost: conf.test\r\n\r\n", stage_.patience());
  Reading reading;
  std::string trouble = await_request(false, reading);
  if (!trouble.empty()) return "another request: " + trouble;
  if (!reading.message.start.starts_with("GET " + target + " ")) {
    return "in place of another request the upstream got '" + shown(reading.message.start) + "'";
  }
  const bool fresh = kind == StepKind::kAgainFresh || kind == StepKind::kNextFresh;
  if (fresh && before == upstream_) return "another request came on the same connection";
  if (kind == StepKind::kNextSame && before != upstream_) {
    return "another request came on another connection";
  }
  request_.clear();
  upstream_->send(answer_with(target), stage_.patience());
  trouble = await_response(false, reading);
  if (!trouble.empty()) return "another request: " + trouble;
  const bool its_own = reading.message.status == 200 && reading.message.body == target;
  return its_own ? "" : "another request was answered '" + shown(reading.message.start) + "'";
}

std::string Play::nothing_more_came() {
  const auto probe = stage_.connect_client();
  if (!probe) return "the proxy accepts no connection any more";
  probe->send("GET /last HTTP/1.1\r\nHost: conf.test\r\nConnection: close\r\n\r\n",
              stage_.patience());
  Connection* found = nullptr;
  stage_.wait_until(probe.get(), [&] {
    for (const auto& connection : stage_.upstream()) {
      const Reading reading = request_on(*connection);
      const bool its_own =
          reading.state == State::kWhole && reading.message.start.starts_with("GET /last ");
      if (its_own) found = connection.get();
    }
    return found != nullptr || probe->ended != Ended::kNot;
  });
  if (found == nullptr) return "the proxy does not serve on: '" + shown(probe->unread, 120) + "'";
  found->unread.clear();
  found->send(answer_with("last"), stage_.patience());
  stage_.wait_until(probe.get(), [&] { return probe->ended != Ended::kNot; });
  if (!probe->unread.ends_with("last")) {
    return "the proxy does not serve on: '" + shown(probe->unread, 120) + "'";
  }
  if (got_something()) return "the upstream got more than it should" + what_came();
  if (client_) client_->read_what_is_there();
  const bool more = client_ && !client_->unread.empty();
  return more ? "the client got more than it should: '" + shown(client_->unread) + "'" : "";
}

}  // namespace foretide::conformance
