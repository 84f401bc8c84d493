#include "tests/conformance/play.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/conformance/checks.hpp"
#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using StepKind = Step::Kind;
using State = Reading::State;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string answer_with(std::string_view body, std::string_view more = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

class Play {
 public:
  Play(const Case& one, Stage& stage) : case_(one), stage_(stage) {}

  std::string run() {
    std::string trouble = run_steps();
    if (trouble.empty()) trouble = nothing_more_came();
    if (client_) client_->reset_on_close();
    client_.reset();
    stage_.clear_upstream();
    return trouble;
  }

 private:
  std::string run_steps() {
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

  std::string run_step(const Step& step) {
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

  void send(Connection& to, const Step& step) {
    if (!step.in_single_bytes) return to.send(step.bytes, stage_.patience());
    for (const char& c : step.bytes) to.send({&c, 1}, stage_.patience());
  }

  // ---- the upstream's part ----

  Reading request_on(const Connection& connection) const {
    return read_message(
        connection.unread,
        {.sender = MessageKind::Sender::kClient, .to_head = false, .ended = connection.ended});
  }

  // The first connection on which `enough` of a request came, or one that is broken.
  std::string await_request(bool head_only, Reading& reading) {
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
      return client_has_final_answer();
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

  std::string what_came() const {
    std::string text;
    for (const auto& connection : stage_.upstream()) {
      if (!connection->unread.empty()) text += "; so far '" + shown(connection->unread) + "'";
    }
    return text;
  }

  bool client_has_final_answer() const {
    if (!client_) return false;
    if (client_->ended != Ended::kNot) return true;
    const Reading reading = read_message(client_->unread, {});
    return reading.state != State::kNoHead && reading.message.status / 100 != 1;
  }

  std::string forward(const Step& step) {
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

  bool answers_head() const { return request_.starts_with("HEAD "); }

  // Where a case says nothing of the answer, it is a plain one, and the client gets it.
  std::string answer_plainly(const Step& forwarded, const Step* next) {
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

  // One 100 for the client, from the proxy itself or from the upstream.
  std::string take_continue() {
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

  void reset_upstream() {
    auto& all = stage_.upstream();
    upstream_->reset_on_close();
    all.erase(std::find_if(all.begin(), all.end(),
                           [&](const auto& one) { return one.get() == upstream_; }));
    upstream_ = nullptr;
  }

  std::string upstream_is_closed() {
    const bool ended = stage_.wait_until(
        client_.get(), [&] { return upstream_ == nullptr || upstream_->ended != Ended::kNot; });
    return ended ? "" : "the proxy keeps the connection to the upstream";
  }

  // ---- the client's part ----

  std::string await_response(bool to_head, Reading& reading) {
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

  std::string await_beginning(const Step& step, Reading& reading) {
    const bool came = stage_.wait_until(client_.get(), [&] {
      reading = read_message(client_->unread, {.ended = client_->ended});
      if (reading.state == State::kBroken || client_->ended != Ended::kNot) return true;
      return reading.state != State::kNoHead && unmet(step.checks, reading.message).empty();
    });
    if (reading.state == State::kBroken) return "the client got " + reading.why;
    return came ? "" : "the client did not get it, so far '" + shown(client_->unread, 120) + "'";
  }

  // The response ends before its framing says so: with the connection, and where the connection's
  // end is the body's, with a reset.
  std::string await_cut(Reading& reading) {
    stage_.wait_until(client_.get(), [&] { return client_->ended != Ended::kNot; });
    reading = read_message(client_->unread, {.ended = client_->ended});
    if (reading.state == State::kCut || reading.state == State::kBroken) {
      client_->unread.clear();
      reading.message.status = reading.message.status == 0 ? 502 : reading.message.status;
      return {};
    }
    if (reading.state == State::kWhole && reading.message.status >= 500) {
      client_->unread.erase(0, reading.used);
      return {};
    }
    return client_->ended == Ended::kNot
               ? "the client's connection stays open after a cut response"
               : "the client takes for whole what was cut: '" + shown(client_->unread, 120) + "'";
  }

  std::string see(const Step& step) {
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

  std::string closed() {
    const bool ended = stage_.wait_until(
        client_.get(), [&] { return client_->ended != Ended::kNot || !client_->unread.empty(); });
    if (!client_->unread.empty()) return "the client got more: '" + shown(client_->unread) + "'";
    return ended ? "" : "the client's connection stays open";
  }

  bool upstream_got_something() const {
    return std::any_of(stage_.upstream().begin(), stage_.upstream().end(),
                       [](const auto& one) { return !one->unread.empty() && !one->in_request; });
  }

  std::string reject(const Step& step) {
    const bool ended = stage_.wait_until(
        client_.get(), [&] { return client_->ended != Ended::kNot || upstream_got_something(); });
    if (upstream_got_something()) return "it was forwarded" + what_came();
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

  // What of the request is wrong comes behind its head, so some of it may be on its way already:
  // its end may not, and the upstream must see that none will come.
  std::string abort(const Step& step) {
    const bool ended =
        stage_.wait_until(client_.get(), [&] { return client_->ended != Ended::kNot; });
    const Reading answer = read_message(client_->unread, {.ended = client_->ended});
    if (!ended) return "the client's connection stays open: '" + shown(client_->unread, 80) + "'";
    if (!client_->unread.empty()) {
      const bool whole = answer.state == State::kWhole && answer.used == client_->unread.size();
      if (!whole) return "no whole answer: '" + shown(client_->unread, 120) + "'";
      const int status = answer.message.status;
      if (!std::count(step.statuses.begin(), step.statuses.end(), status)) {
        return "answered " + std::to_string(status);
      }
      client_->unread.clear();
    }
    const bool closed = stage_.wait_until(client_.get(), [&] {
      return std::all_of(stage_.upstream().begin(), stage_.upstream().end(), [](const auto& one) {
        return one->unread.empty() || one->ended != Ended::kNot;
      });
    });
    if (!closed) return "the upstream waits for the rest" + what_came();
    for (const auto& connection : stage_.upstream()) {
      if (connection->unread.empty()) continue;
      if (request_on(*connection).state != State::kCut) return "it was forwarded" + what_came();
      connection->unread.clear();
    }
    return {};
  }

  // ---- what comes after ----

  std::string another_request(StepKind kind) {
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

  std::string nothing_more_came() {
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
    if (upstream_got_something()) return "the upstream got more than it should" + what_came();
    if (client_) client_->read_what_is_there();
    const bool more = client_ && !client_->unread.empty();
    return more ? "the client got more than it should: '" + shown(client_->unread) + "'" : "";
  }

  const Case& case_;
  Stage& stage_;
  std::unique_ptr<Connection> client_, former_;
  Connection* upstream_ = nullptr;  // where the last request came
  std::string request_;             // its request line
  bool was_continued_ = false;      // the proxy itself said 100
  int others_ = 0;
};

}  // namespace

std::string play(const Case& one, Stage& stage) {
  return Play(one, stage).run();
}

}  // namespace foretide::conformance
