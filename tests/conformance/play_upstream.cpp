// The upstream's part: what requests reach it and what it does with them.
#include <algorithm>

#include "tests/conformance/checks.hpp"
#include "tests/conformance/play.hpp"
#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using StepKind = Step::Kind;
using State = Reading::State;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Reading Play::request_on(const Connection& connection) const {
  return read_message(
      connection.unread,
      {.sender = MessageKind::Sender::kClient, .to_head = false, .ended = connection.ended});
}

std::string Play::await_request(bool head_only, Reading& reading) {
  Connection* found = nullptr;
  const bool came = stage_.wait_until(client_.get(), [&] {
    for (const auto& connection : stage_.upstream()) {
      if (connection->unread.empty()) continue;
      reading = request_on(*connection);
      const bool enough = reading.state == State::kWhole || reading.state == State::kBroken ||
                          (head_only && reading.state == State::kHead);
      if (!enough) continue;
      found = connection.get();
      return true;
    }
    return has_final_answer();
  });
  if (found == nullptr) {
    return came ? "nothing was forwarded, the client got '" + shown(client_->unread, 80) + "'"
                : "no request came to the upstream in time" + what_came();
  }
  upstream_ = found;
  if (reading.state == State::kBroken) return "the upstream got " + reading.why;
  if (reading.state == State::kWhole) found->unread.erase(0, reading.used);
  found->in_request = reading.state == State::kHead;
  return {};
}

std::string Play::what_came() const {
  std::string text;
  for (const auto& connection : stage_.upstream()) {
    if (!connection->unread.empty()) text += "; so far '" + shown(connection->unread) + "'";
  }
  return text;
}

bool Play::got_something() const {
  return std::any_of(stage_.upstream().begin(), stage_.upstream().end(),
                     [](const auto& one) { return !one->unread.empty() && !one->in_request; });
}

std::string Play::forward(const Step& step) {
  Reading reading;
  const bool head_only = asks(step.checks, Check::Kind::kBodyUnread);
  const std::string trouble = await_request(head_only, reading);
  if (!trouble.empty()) return trouble;
  const Message& message = reading.message;
  request_ = message.start;
  const std::string wanted = step.method + " " + step.target + " HTTP/1.";
  if (!message.start.starts_with(wanted)) return "the upstream got '" + shown(request_) + "'";
  if (message.values("host").size() > 1) return "the upstream got Host twice";
  if (!message.values("expect").empty() && was_continued_) {
    upstream_->send(kContinue, stage_.patience());
  }
  const std::string not_met = unmet(step.checks, message);
  return not_met.empty() ? "" : "the upstream's request: " + not_met;
}

bool Play::answers_head() const {
  return request_.starts_with("HEAD ");
}

std::string Play::answer_plainly(const Step& forwarded, const Step* next) {
  const auto is = [&](StepKind kind) { return next != nullptr && next->kind == kind; };
  const bool answered = is(StepKind::kAnswer) || is(StepKind::kUpstreamCloses) ||
                        is(StepKind::kUpstreamResets) ||
                        asks(forwarded.checks, Check::Kind::kBodyUnread);
  if (answered) return {};
  const std::string whole = answer_with("ok");
  const auto size = answers_head() ? whole.size() - 2 : whole.size();
  upstream_->send(std::string_view(whole).substr(0, size), stage_.patience());
  if (is(StepKind::kSee)) return {};
  Reading reading;
  const std::string trouble = await_response(answers_head(), reading);
  if (!trouble.empty()) return trouble;
  const Message& message = reading.message;
  const bool as_sent = message.status == 200 && (answers_head() || message.body == "ok");
  return as_sent ? "" : "the client got '" + shown(message.start + " … " + message.body) + "'";
}

std::string Play::take_continue() {
  Connection* asked = nullptr;
  const bool came = stage_.wait_until(client_.get(), [&] {
    for (const auto& connection : stage_.upstream()) {
      if (request_on(*connection).state == State::kHead) asked = connection.get();
    }
    return asked != nullptr || !client_->unread.empty() || client_->ended != Ended::kNot;
  });
  if (!came) return "neither the upstream got the head nor the client a 100";
  if (client_->unread.empty() && asked != nullptr) {
    asked->send(kContinue, stage_.patience());
  } else {
    was_continued_ = true;
  }
  Reading reading;
  const std::string trouble = await_response(false, reading);
  if (!trouble.empty()) return trouble;
  return reading.message.status == 100 ? "" : "the client got '" + reading.message.start + "'";
}

void Play::reset_upstream() {
  auto& all = stage_.upstream();
  upstream_->reset_on_close();
  all.erase(std::find_if(all.begin(), all.end(),
                         [&](const auto& one) { return one.get() == upstream_; }));
  upstream_ = nullptr;
}

std::string Play::upstream_is_closed() {
  const bool ended = stage_.wait_until(
      client_.get(), [&] { return upstream_ == nullptr || upstream_->ended != Ended::kNot; });
  return ended ? "" : "the proxy keeps the connection to the upstream";
}

}  // namespace foretide::conformance
