// Stops the starts of a release that does not come up.
//
// Like a fuse: one lamp that will not light is the lamp's trouble, but when most of what was
// switched on last burnt out, nothing more is switched on until somebody has tried with one. It
// opens when at least three of the last five starts of the service's release ended before they were
// ready, and it is not one node's trouble: it happened on most of the nodes that tried it last, or
// no other node could take it. While it is open there is one trial at a time, 10 s after it opened,
// then 20 s, 40 s and so on after each trial that failed, five minutes at most. Any start that
// succeeds closes it and wipes the slate.
//
// A start is each run of the command, of a new worker or of one that its agent starts again in
// place. One that ends after it was ready is no failed start, nor is one that a node cannot even
// try (that node is spared, see fleet.hpp). What is older than ten minutes tells nothing. None of
// it is persisted: a coordinator that begins anew has learnt it again after a few starts.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

struct FailedStart {
  WorkerId worker;
  NodeId node;
  std::string reason;
  std::vector<std::string> output;  // the last lines of it
};

class SpawnBreaker {
 public:
  static constexpr std::size_t kStartsWatched = 5, kFailuresToOpen = 3;
  static constexpr Duration kFirstPause = std::chrono::seconds(10);
  static constexpr Duration kLongestPause = std::chrono::minutes(5);
  static constexpr Duration kRemembered = std::chrono::minutes(10);

  void failed(FailedStart start, Instant now);
  // True when this closed it.
  bool succeeded(const NodeId& node, Instant now);

  // True once after each failure that leaves most of the latest starts failed.
  bool takes_doubt();
  bool failed_on_most_nodes() const;
  // The last start there failed, and lately: where others can be had they are better tried.
  bool failed_last_on(const NodeId& node, Instant now) const;

  void open(Instant now);
  bool is_open() const { return open_; }
  bool is_trial_due(Instant now) const;
  void trial_began(const WorkerId& worker) { trial_ = worker; }
  // It left without a word of how its start went.
  void trial_ended(Instant now);
  const std::optional<WorkerId>& trial() const { return trial_; }

  std::uint32_t failures() const;  // of the last starts
  std::uint32_t starts() const { return static_cast<std::uint32_t>(starts_.size()); }
  const FailedStart& last_failure() const { return last_; }
  Duration until_trial(Instant now) const;

 private:
  struct Outcome {
    NodeId node;
    bool came_up = false;
    Instant at{};
  };
  void add(Outcome outcome);

  std::deque<Outcome> starts_;  // newest last
  std::deque<Outcome> nodes_;   // each node's last one, newest last
  FailedStart last_;
  bool doubtful_ = false, open_ = false;
  Duration pause_{};
  Instant next_trial_{};
  std::optional<WorkerId> trial_;
};

}  // namespace foretide::coordinator
