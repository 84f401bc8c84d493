#include "deploy/cli/replay_tally.hpp"

#include <algorithm>
#include <utility>

namespace foretide::cli {
namespace {

using coordinator::Replayed;

std::string text_of(std::uint32_t from, std::uint32_t to, const std::string& rule,
                    const std::string& reason) {
  return std::to_string(from) + " -> " + std::to_string(to) + " (" + rule + ")" +
         (reason.empty() ? "" : ": " + reason);
}

// Only these rules are told without a change; every other word of that kind is of something else.
bool is_decided(const RecordedDecision& decision) {
  if (decision.rule == "adopted") return false;
  return decision.from != decision.to || decision.rule == "max" || decision.rule == "hold" ||
         decision.rule == "flapping";
}

bool is_same(const Replayed& one, const RecordedDecision& recorded) {
  return one.decision.from == recorded.from && one.decision.to == recorded.to &&
         one.decision.rule == recorded.rule && one.decision.reason == recorded.reason;
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
  const auto [from, to] = recorded_.equal_range(one.at);
  for (auto told = from; told != to; ++told) {
    const RecordedDecision& it = told->second;
    if (it.from == one.recorded.from && it.to == one.recorded.to && it.rule == one.recorded.rule) {
      return text_of(it.from, it.to, it.rule, it.reason);
    }
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

// The told decisions up to then, of which the moments have all been seen.
void ReplayTally::judge_until(WallTime before) {
  auto told = recorded_.upper_bound(judged_until_);
  for (; told != recorded_.end() && told->first < before && told->first <= end_; ++told) {
    const RecordedDecision& it = told->second;
    if (!is_decided(it)) continue;
    ++decisions_;
    const bool found = std::any_of(at_once_.begin(), at_once_.end(), [&](const Replayed& one) {
      return one.at == told->first && is_same(one, it);
    });
    decisions_same_ += found ? 1 : 0;
    if (!found) {
      differ(told->first, text_of(it.from, it.to, it.rule, it.reason),
             "nothing of the kind was decided at that time");
    }
  }
  judged_until_ = std::max(
      judged_until_, before == WallTime::max() ? end_ : before - std::chrono::milliseconds(1));
}

void ReplayTally::add(const std::vector<Replayed>& replayed, bool is_new) {
  if (replayed.empty()) return;
  if (is_new) {
    judge_until(WallTime::max());
    at_once_.clear();
    judged_until_ = replayed.front().at - std::chrono::milliseconds(1);
    if (!begin_) begin_ = replayed.front().at;
  }
  for (const Replayed& one : replayed) {
    end_ = std::max(end_, one.at);
    if (!at_once_.empty() && at_once_.back().at != one.at) {
      judge_until(one.at);
      at_once_.clear();
    }
    judge(one);
    at_once_.push_back(one);
  }
}

}  // namespace foretide::cli
