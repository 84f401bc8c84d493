// Things that may be absent, lists, and bounds, in the words of delta_bytes.hpp.
//
// They are said once here for everything that is written down: whether there is one and what it is,
// how many there are and what each is. What a thing is says a function `describe(code, now,
// before)` beside these, one for each kind, called by the writer and by the reader alike; a list's
// elements are said by whoever knows what each is likely to be. A list has a bound: a longer one is
// no list of ours, and a reader fails before it makes room for it.
#pragma once

#include <cstdint>
#include <optional>

#include "coordinator/core/delta_bytes.hpp"

namespace foretide::coordinator {

template <class Code, class Value>
void maybe(Code& code, std::optional<Value>& now, const std::optional<Value>& before) {
  bool is_there = now.has_value();
  code(is_there, before.has_value());
  if constexpr (Code::kReads) {
    if (is_there) {
      now.emplace();
    } else {
      now.reset();
    }
  }
  if (is_there) describe(code, *now, before ? *before : Value{});
}

// What is further from zero was not written by us, and would not bear being added to.
template <class Code, class Value>
void bounded(Code& code, const Value& value, const Value& most) {
  if constexpr (Code::kReads) {
    if (value > most || value < -most) code.fail();
  }
}

template <class Code>
void no_more_than(Code& code, std::uint32_t count, std::uint32_t most) {
  if constexpr (Code::kReads) {
    if (count > most) code.fail();
  }
}

struct ListLength {
  std::size_t likely = 0, most = 0;
};

// `describe_one(element, its place)` for each.
template <class Code, class List, class DescribeOne>
void each(Code& code, List& list, ListLength length, const DescribeOne& describe_one) {
  std::uint64_t count = list.size();
  code(count, std::uint64_t{length.likely});
  if constexpr (Code::kReads) {
    if (count > length.most) code.fail();
  }
  if (!code.failed()) code.spend(count * sizeof(typename List::value_type));
  if constexpr (Code::kReads) list.resize(code.failed() ? 0 : count);
  for (std::size_t i = 0; i < list.size() && !code.failed(); ++i) describe_one(list[i], i);
}

}  // namespace foretide::coordinator
