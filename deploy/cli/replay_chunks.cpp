#include "deploy/cli/replay_chunks.hpp"

#include <algorithm>
#include <chrono>

#include "common/rfc3339.hpp"
#include "deploy/cli/moment_option.hpp"

namespace foretide::cli {
namespace {

constexpr std::size_t kSpansTold = 5;  // more of them are counted

WallTime begin_of(const coordinator::MomentChunk& chunk) {
  return WallTime(std::chrono::milliseconds(chunk.begin));
}

}  // namespace

// A clock that was set back makes no span end before it began.
void ReplayChunks::end_span(WallTime at) {
  if (in_span_) spans_.back().end = std::max(at, spans_.back().begin);
  in_span_ = false;
}

void ReplayChunks::add(const coordinator::MomentChunk& chunk) {
  ++count_;
  end_span(begin_of(chunk));
}

void ReplayChunks::add_unreadable(const coordinator::MomentChunk& chunk, const std::string& error) {
  ++count_;
  ++unreadable_;
  if (!in_span_) {
    spans_.push_back({.begin = begin_of(chunk), .end = {}, .chunks = 0, .error = error});
  }
  in_span_ = true;
  ++spans_.back().chunks;
}

std::string ReplayChunks::text() const {
  if (unreadable_ == 0) return {};
  std::string text = std::to_string(unreadable_) + " of " + std::to_string(count_) +
                     " chunks of moments cannot be read and " +
                     (unreadable_ == 1 ? "was" : "were") + " left out, with what was decided then:";
  for (std::size_t i = 0; i < std::min(spans_.size(), kSpansTold); ++i) {
    const Span& span = spans_[i];
    text += (i == 0 ? " from " : ", from ") + local_text(span.begin);
    text += span.end ? " to " + local_text(*span.end) : " on";
  }
  if (spans_.size() > kSpansTold) {
    text += ", and " + std::to_string(spans_.size() - kSpansTold) + " spans more";
  }
  return text;
}

nlohmann::json ReplayChunks::json() const {
  nlohmann::json spans = nlohmann::json::array();
  for (const Span& span : spans_) {
    spans.push_back(
        {{"begin", rfc3339_text(span.begin)},
         {"end", span.end ? nlohmann::json(rfc3339_text(*span.end)) : nlohmann::json(nullptr)},
         {"chunks", span.chunks},
         {"error", span.error}});
  }
  return spans;
}

}  // namespace foretide::cli
