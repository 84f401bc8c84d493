// How many chunks of recorded moments a replay was given, and which of them it could not read.
//
// A damaged one costs what it holds and nothing else: the replay goes on behind it. But nobody
// should take what is left for the whole, so the spans of time that are missing are told. A span
// lasts until the next chunk that was there; at the end of a record nobody knows how long.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "coordinator/core/moment.hpp"

namespace foretide::cli {

class ReplayChunks {
 public:
  // In order.
  void add(const coordinator::MomentChunk& chunk);
  void add_unreadable(const coordinator::MomentChunk& chunk, const std::string& error);

  std::uint64_t count() const { return count_; }
  std::uint64_t unreadable() const { return unreadable_; }
  // "2 of 320 chunks of moments cannot be read and were left out, with what was decided then: from
  // ... to ..., from ... on"; empty when all could be read. Times are local ones.
  std::string text() const;
  // The spans: begin, end (or null), chunks, error.
  nlohmann::json json() const;

 private:
  struct Span {
    WallTime begin{};
    std::optional<WallTime> end;  // absent: nothing came after it
    std::uint64_t chunks = 0;
    std::string error;  // of the first
  };
  void end_span(WallTime at);

  std::uint64_t count_ = 0, unreadable_ = 0;
  bool in_span_ = false;
  std::vector<Span> spans_;
};

}  // namespace foretide::cli
