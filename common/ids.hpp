// Names of the things that the programs speak about, each a type of its own so that a worker's id
// can never stand where a node's name is meant. All are short ASCII text, chosen once and never
// reused: a node's name by its operator, a service's by the cluster file, a worker's id by the
// coordinator ("web-7-12": service, epoch in which it was made, number within that epoch), a
// release's id from what its workers run.
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>

namespace foretide {

template <class Tag>
struct Id {
  std::string text;

  bool empty() const { return text.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.text; }
};

using NodeId = Id<struct NodeTag>;
using ServiceId = Id<struct ServiceTag>;
using WorkerId = Id<struct WorkerTag>;
using ReleaseId = Id<struct ReleaseTag>;
using BalancerId = Id<struct BalancerTag>;

}  // namespace foretide

template <class Tag>
struct std::hash<foretide::Id<Tag>> {
  std::size_t operator()(const foretide::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.text);
  }
};
