// Plays one case: does what its steps say and compares what is seen. Afterwards a request of the
// runner's own goes through the proxy; whatever reached the upstream or the client besides what the
// case expects has arrived by then and is a failure.
//
// Each step gives an empty string when all was as the case says, else a sentence. The part of the
// client is in play_client.cpp, that of the upstream in play_upstream.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/conformance/case_file.hpp"
#include "tests/conformance/message.hpp"
#include "tests/conformance/stage.hpp"

namespace foretide::conformance {

class Play {
 public:
  Play(const Case& one, Stage& stage) : case_(one), stage_(stage) {}
  std::string run();

 private:
  std::string run_steps();
  std::string run_step(const Step& step);
  void send(Connection& to, const Step& step);
  std::string another_request(Step::Kind kind);
  std::string nothing_more_came();

  // The upstream's part.
  Reading request_on(const Connection& connection) const;
  // The first connection on which enough of a request came, or one that is broken.
  std::string await_request(bool head_only, Reading& reading);
  std::string what_came() const;
  bool got_something() const;
  std::string forward(const Step& step);
  // Where a case says nothing of the answer, it is a plain one, and the client gets it.
  std::string answer_plainly(const Step& forwarded, const Step* next);
  // One 100 for the client, from the proxy itself or from the upstream.
  std::string take_continue();
  void reset_upstream();
  std::string upstream_is_closed();
  bool answers_head() const;

  // The client's part.
  bool has_final_answer() const;
  std::string await_response(bool to_head, Reading& reading);
  std::string await_beginning(const Step& step, Reading& reading);
  // The response ends before its framing says so: with the connection, and where the connection's
  // end is the body's, with a reset.
  std::string await_cut(Reading& reading);
  std::string see(const Step& step);
  std::string closed();
  std::string reject(const Step& step);
  // What is wrong of the request comes behind its head, so some of it may be on its way already:
  // its end may not, and the upstream must see that none will come.
  std::string abort(const Step& step);
  std::string unexpected_answer(const Step& step);
  std::string forwarded_beginnings_are_cut();

  const Case& case_;
  Stage& stage_;
  std::unique_ptr<Connection> client_, former_;
  Connection* upstream_ = nullptr;  // where the last request came
  std::string request_;             // its request line
  bool was_continued_ = false;      // the proxy itself said 100
  int others_ = 0;
};

// A plain 200.
std::string answer_with(std::string_view body);

}  // namespace foretide::conformance
