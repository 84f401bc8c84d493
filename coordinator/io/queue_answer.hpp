// The number in what a queue's URL answered: a field of JSON by its path (`data.waiting`,
// `queues.0.depth`), a metric of Prometheus text, or the text as a whole. Whether it can be true is
// for the core to judge; here it only has to be a number, also one that JSON has as text ("12").
#pragma once

#include <string>

#include "common/result.hpp"
#include "common/signal.hpp"

namespace foretide::coordinator {

// An Error tells what the answer lacks: "has no data.waiting".
Result<double> queue_length_in(const std::string& body, const QueueDepth& queue);

}  // namespace foretide::coordinator
