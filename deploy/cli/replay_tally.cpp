#include "deploy/cli/replay_tally.hpp"

#include <algorithm>
#include <utility>

#include "common/rfc3339.hpp"

namespace foretide::cli {
namespace {

using coordinator::MomentId;
using coordinator::Replayed;

std::string text_of(std::uint32_t from, std::uint32_t to, const std::string& rule,
                    const std::string& reason) {
  return std::to_string(from) + " -> " + std::to_string(to) + " (" + rule + ")" +
         (reason.empty() ? "" : ": " + reason);
}

std::string text_of(const RecordedDecision& told) {
  return text_of(told.from, told.to, told.rule, told.reason);
}

bool is_same(const Replayed& one, const RecordedDecision& recorded) {
  return one.at == recorded.at && one.decision.from == recorded.from &&
         one.decision.to == recorded.to && one.decision.rule == recorded.rule &&
         one.decision.reason == recorded.reason;
}

}  // namespace

void NumbersAsked::add(std::uint32_t from, std::uint32_t to) {
  ++moments;
  changes += from != to ? 1 : 0;
  sum += to;
  most = std::max(most, to);
}

void ReplayTally::differ(WallTime at, std::string recorded, std::string now) {
  if (!first_) first_ = FirstDifference{at, std::move(recorded), std::move(now)};
}

// With its reason where the decision was told.
std::string ReplayTally::recorded_text(const Replayed& one) const {
  const auto told = recorded_.find(one.id);
  if (told != recorded_.end() && told->second.from == one.recorded.from &&
      told->second.to == one.recorded.to && told->second.rule == one.recorded.rule) {
    return text_of(told->second);
  }
  return text_of(one.recorded.from, one.recorded.to, one.recorded.rule, "");
}

void ReplayTally::judge(const Replayed& one) {
  was_.add(one.recorded.from, one.recorded.to);
  now_.add(one.decision.from, one.decision.to);
  if (one.is_same) {
    ++moments_same_;
    return;
  }
  const coordinator::Verdict made = coordinator::verdict_of(one.decision);
  std::string recorded = recorded_text(one);
  if (made.from == one.recorded.from && made.to == one.recorded.to &&
      made.rule == one.recorded.rule) {
    recorded += " (another rule's word, a number or a reason was other)";
  }
  differ(one.at, std::move(recorded), text_of(made.from, made.to, made.rule, one.decision.reason));
}

void ReplayTally::judge_told(const RecordedDecision& told, const Replayed& one) {
  ++decisions_;
  if (is_same(one, told)) {
    ++decisions_same_;
    return;
  }
  const coordinator::Decision& now = one.decision;
  std::string text = text_of(now.from, now.to, now.rule, now.reason);
  if (one.at != told.at) text += ", at " + rfc3339_text(one.at);
  differ(told.at, text_of(told), std::move(text));
}

// Told of moments that should be between these two.
void ReplayTally::miss_between(const MomentId& one, const MomentId& other) {
  const auto end = recorded_.lower_bound(other);
  for (auto told = recorded_.upper_bound(one); told != end; ++told) {
    ++decisions_;
    differ(told->second.at, text_of(told->second), "the moment that it was made of is missing");
  }
}

void ReplayTally::add(const std::vector<Replayed>& replayed, bool is_new) {
  if (is_new) last_.reset();
  for (const Replayed& one : replayed) {
    if (!begin_) begin_ = one.at;
    end_ = std::max(end_, one.at);
    if (last_ && *last_ < one.id) miss_between(*last_, one.id);
    judge(one);
    if (const auto told = recorded_.find(one.id); told != recorded_.end()) {
      judge_told(told->second, one);
    }
    last_ = one.id;
  }
}

}  // namespace foretide::cli
