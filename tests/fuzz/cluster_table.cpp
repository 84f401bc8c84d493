// Tables as they come from the network: whatever is decoded is the same after another trip, and
// applied it leaves a balancer's view whole, with no endpoint lost that a table did not end.
//
// The input is a list of messages, each behind two bytes that tell its size.
#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/core/service_routes.hpp"
#include "common/check.hpp"
#include "common/wire/codec.hpp"

namespace {

using namespace foretide;
using namespace foretide::balancer;

class View {
 public:
  void apply(const wire::ServiceTable& table) {
    const std::set<WorkerId> before = ids();
    const Stamp held = set_.stamp();
    const Applied applied = set_.apply(table);
    if (!applied.accepted) {
      CHECK(set_.stamp() == held && ids() == before, "a table that is refused changes nothing");
      return;
    }
    CHECK(held < set_.stamp(), "only a newer table is applied");
    const std::set<WorkerId> after = ids();
    for (const WorkerId& id : before) {
      CHECK(after.contains(id) || ends(table, id), "an endpoint ends by an entry that says so");
    }
    for (const WorkerId& id : applied.missing) {
      CHECK(after.contains(id), "an endpoint that is not mentioned is kept");
    }
    CHECK(!set_.apply(table).accepted, "a table is applied once");
  }

  void apply(const wire::MatchTable& table) {
    const Stamp held = routes_.stamp();
    const bool applied = routes_.apply(table);
    CHECK(applied == (held < table.stamp), "matches are applied where they are newer");
    std::vector<RouteQuery> queries{
        {"conf.test", "/", ""}, {"", "*", ""}, {"[::1]:80", "/a?b", ""}};
    for (const wire::Match& match : table.matches) {
      queries.push_back({match.host, match.path_prefix, "X-A: b\r\n"});
    }
    for (const RouteQuery& query : queries) {
      const auto found = routes_.find(query);
      CHECK(!found || *found < routes_.services().size(), "a match is one of the services");
    }
  }

 private:
  std::set<WorkerId> ids() const {
    std::set<WorkerId> all;
    std::size_t active = 0;
    for (const auto& endpoint : set_.endpoints()) {
      CHECK(all.insert(endpoint->id).second, "an endpoint stands once");
      active += endpoint->state == wire::EndpointState::kActive ? 1 : 0;
    }
    CHECK(active == set_.active(), "the active ones are counted");
    return all;
  }

  static bool ends(const wire::ServiceTable& table, const WorkerId& id) {
    for (const auto& entry : table.endpoints) {
      if (entry.id == id) return entry.state == wire::EndpointState::kGone;
    }
    return false;
  }

  EndpointSet set_;
  ServiceRoutes routes_;
};

void take(std::span<const char> bytes, View& view) {
  const auto message = wire::decode(bytes);
  if (!message) {
    CHECK(!message.error().empty(), "a refusal has a reason");
    return;
  }
  const std::string once = wire::encode(*message);
  const auto again = wire::decode(once);
  CHECK(again, "what was encoded is decoded");
  CHECK(*again == *message, "and is the same");
  CHECK(wire::encode(*again) == once, "and encoded the same");
  if (const auto* table = std::get_if<wire::ServiceTable>(&message->body)) view.apply(*table);
  if (const auto* table = std::get_if<wire::MatchTable>(&message->body)) view.apply(*table);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const char> bytes{reinterpret_cast<const char*>(data), size};
  View view;
  while (bytes.size() >= 2) {
    const auto told = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) * 256 +
                      static_cast<unsigned char>(bytes[1]);
    bytes = bytes.subspan(2);
    const auto there = std::min(told, bytes.size());
    take(bytes.subspan(0, there), view);
    bytes = bytes.subspan(there);
  }
  return 0;
}
