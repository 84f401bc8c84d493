// The client's part: what responses it sees and how its connection ends.
#include <algorithm>

#include "tests/conformance/checks.hpp"
#include "tests/conformance/play.hpp"
#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using State = Reading::State;

}  // namespace

bool Play::has_final_answer() const {
  if (!client_) return false;
  if (client_->ended != Ended::kNot) return true;
  const Reading reading = read_message(client_->unread, {});
  return reading.state != State::kNoHead && reading.message.status / 100 != 1;
}

std::string Play::await_response(bool to_head, Reading& reading) {
  const bool came = stage_.wait_until(client_.get(), [&] {
    reading = read_message(
        client_->unread,
        {.sender = MessageKind::Sender::kServer, .to_head = to_head, .ended = client_->ended});
    return reading.state != State::kNoHead && reading.state != State::kHead;
  });
  const std::string so_far = "'" + shown(client_->unread, 120) + "'";
  if (!came) return "no whole response came to the client, so far " + so_far;
  if (reading.state == State::kBroken) return "the client got " + reading.why;
  if (reading.state == State::kCut) return "the connection ended after " + so_far;
  client_->unread.erase(0, reading.used);
  return {};
}

std::string Play::await_beginning(const Step& step, Reading& reading) {
  const bool came = stage_.wait_until(client_.get(), [&] {
    reading = read_message(client_->unread, {.ended = client_->ended});
    if (reading.state == State::kBroken || client_->ended != Ended::kNot) return true;
    return reading.state != State::kNoHead && unmet(step.checks, reading.message).empty();
  });
  if (reading.state == State::kBroken) return "the client got " + reading.why;
  return came ? "" : "the client did not get it, so far '" + shown(client_->unread, 120) + "'";
}

std::string Play::await_cut(Reading& reading) {
  const auto is_5xx = [&] {
    return reading.state == State::kWhole && reading.message.status >= 500;
  };
  stage_.wait_until(client_.get(), [&] {
    reading = read_message(client_->unread, {.ended = client_->ended});
    return client_->ended != Ended::kNot || is_5xx();
  });
  if (is_5xx()) {
    client_->unread.erase(0, reading.used);
    return {};
  }
  if (reading.state == State::kCut || reading.state == State::kBroken) {
    client_->unread.clear();
    reading.message.status = reading.message.status == 0 ? 502 : reading.message.status;
    return {};
  }
  return client_->ended == Ended::kNot
             ? "the client's connection stays open after a cut response"
             : "the client takes for whole what was cut: '" + shown(client_->unread, 120) + "'";
}

std::string Play::see(const Step& step) {
  Reading reading;
  const bool to_head = asks(step.checks, Check::Kind::kToHead) || answers_head();
  std::string trouble;
  if (asks(step.checks, Check::Kind::kCut)) {
    trouble = await_cut(reading);
  } else if (asks(step.checks, Check::Kind::kBodyBegins)) {
    trouble = await_beginning(step, reading);
  } else {
    const bool passing = asks(step.checks, Check::Kind::kAfterInterim);
    do {
      trouble = await_response(to_head, reading);
    } while (trouble.empty() && passing && reading.message.status / 100 == 1);
  }
  if (!trouble.empty()) return trouble;
  const Message& message = reading.message;
  const bool expected = std::count(step.statuses.begin(), step.statuses.end(), message.status);
  if (!expected) return "the client got '" + shown(message.start) + "'";
  const std::string not_met = unmet(step.checks, message);
  return not_met.empty() ? "" : "the client's response: " + not_met;
}

std::string Play::closed() {
  const bool ended = stage_.wait_until(
      client_.get(), [&] { return client_->ended != Ended::kNot || !client_->unread.empty(); });
  if (!client_->unread.empty()) return "the client got more: '" + shown(client_->unread) + "'";
  return ended ? "" : "the client's connection stays open";
}

std::string Play::reject(const Step& step) {
  const bool ended = stage_.wait_until(
      client_.get(), [&] { return client_->ended != Ended::kNot || got_something(); });
  if (got_something()) return "it was forwarded" + what_came();
  const Reading reading = read_message(client_->unread, {.ended = client_->ended});
  if (!ended) {
    return reading.state == State::kWhole
               ? "refused with " + std::to_string(reading.message.status) +
                     ", but the connection stays open"
               : "no answer in time";
  }
  const bool silent = client_->unread.empty();
  if (!silent && reading.state != State::kWhole) {
    return "no whole answer: '" + shown(client_->unread, 120) + "'";
  }
  const int status = silent ? 0 : reading.message.status;
  client_->unread.erase(0, reading.used);
  if (!client_->unread.empty()) return "more behind the answer: '" + shown(client_->unread) + "'";
  if (std::count(step.statuses.begin(), step.statuses.end(), status)) {
    const std::string not_met = unmet(step.checks, reading.message);
    return not_met.empty() ? "" : "the client's response: " + not_met;
  }
  return silent ? "closed without an answer" : "answered " + std::to_string(status);
}

std::string Play::abort(const Step& step) {
  const bool ended =
      stage_.wait_until(client_.get(), [&] { return client_->ended != Ended::kNot; });
  if (!ended) return "the client's connection stays open: '" + shown(client_->unread, 80) + "'";
  const std::string trouble = unexpected_answer(step);
  return trouble.empty() ? forwarded_beginnings_are_cut() : trouble;
}

std::string Play::unexpected_answer(const Step& step) {
  if (client_->unread.empty()) return {};
  const Reading answer = read_message(client_->unread, {.ended = client_->ended});
  const bool whole = answer.state == State::kWhole && answer.used == client_->unread.size();
  if (!whole) return "no whole answer: '" + shown(client_->unread, 120) + "'";
  client_->unread.clear();
  const int status = answer.message.status;
  const bool expected = std::count(step.statuses.begin(), step.statuses.end(), status) > 0;
  return expected ? "" : "answered " + std::to_string(status);
}

std::string Play::forwarded_beginnings_are_cut() {
  auto& all = stage_.upstream();
  const bool closed = stage_.wait_until(client_.get(), [&] {
    return std::all_of(all.begin(), all.end(), [](const auto& one) {
      return one->unread.empty() || one->ended != Ended::kNot;
    });
  });
  if (!closed) return "the upstream waits for the rest" + what_came();
  for (const auto& connection : all) {
    if (connection->unread.empty()) continue;
    if (request_on(*connection).state != State::kCut) return "it was forwarded" + what_came();
    connection->unread.clear();
  }
  return {};
}

}  // namespace foretide::conformance
