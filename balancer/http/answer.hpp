// The balancer's own answers: a status, why, and the same as a short body, in JSON for who accepts
// it and as plain text for everybody else.
#pragma once

#include <chrono>
#include <string_view>

#include "balancer/http/head_writer.hpp"

namespace foretide::balancer {

struct Answer {
  int status = 500;
  std::string_view reason;   // a sentence
  std::string_view service;  // empty: none is concerned
  std::string_view accept;   // the client's Accept
  std::string_view date;
  std::string_view location;            // of a redirect
  std::chrono::seconds retry_after{1};  // with a 503
  bool close = false;
  bool without_body = false;  // to a HEAD request
};

void write_answer(const Answer& answer, HeadWriter& out);

std::string_view phrase_for(int status);

}  // namespace foretide::balancer
