#include "coordinator/io/hand_orders.hpp"

#include <chrono>
#include <utility>

#include "common/io/log.hpp"

namespace foretide::coordinator {

namespace {

// No time: for good.
WallTime expiry_of(Duration expires_after, WallTime wall) {
  if (expires_after == Duration{}) return WallTime::max();
  return wall + std::chrono::duration_cast<std::chrono::milliseconds>(expires_after);
}

Duration time_left(WallTime expires_at, WallTime wall) {
  return expires_at == WallTime::max() ? Duration{} : Duration(expires_at - wall);
}

}  // namespace

HandOrders::HandOrders(Store& store, const State& state, std::function<void(Happening)> tell)
    : store_(store), state_(state), tell_(std::move(tell)) {}

Outcome HandOrders::hold(const ServiceId& service, std::optional<std::uint32_t> count,
                         Duration expires_after, WallTime wall) {
  const WallTime expires = expiry_of(expires_after, wall);
  Outcome stored =
      count ? store_.set_override({service, *count, expires}) : store_.clear_override(service);
  if (!stored) return stored;
  tell_(ScaleSet{service, count, expires_after});
  return Done{};
}

Outcome HandOrders::pause(const PauseSet& order, WallTime wall) {
  const WallTime expires = expiry_of(order.expires_after, wall);
  Outcome stored = order.paused ? store_.pause({order.service, order.direction, expires})
                                : store_.resume(order.service);
  if (!stored) return stored;
  tell_(order);
  return Done{};
}

Outcome HandOrders::drain(const DrainSet& order) {
  Outcome stored = order.draining ? store_.drain(order.node) : store_.undrain(order.node);
  if (!stored) return stored;
  tell_(order);
  return Done{};
}

bool HandOrders::is_gone(const ServiceId& id) const {
  const auto service = state_.services.find(id);
  return service == state_.services.end() || !service->second.settings;
}

void HandOrders::forget_gone() {
  if (const auto holds = store_.overrides()) {
    for (const StoredOverride& it : *holds) {
      if (is_gone(it.service)) (void)store_.clear_override(it.service);
    }
  }
  if (const auto paused = store_.paused()) {
    for (const StoredPause& it : *paused) {
      if (is_gone(it.service)) (void)store_.resume(it.service);
    }
  }
}

Result<std::vector<PauseSet>> HandOrders::pauses(WallTime wall) {
  const auto stored = store_.paused();
  if (!stored) return Error{stored.error()};
  std::vector<PauseSet> pauses;
  for (const StoredPause& it : *stored) {
    if (it.expires_at <= wall)
      (void)store_.resume(it.service);
    else
      pauses.push_back({it.service, true, it.direction, time_left(it.expires_at, wall)});
  }
  return pauses;
}

void HandOrders::restore(WallTime wall) {
  forget_gone();
  const auto holds = store_.overrides();
  if (!holds) return spdlog::warn("manual counts are not restored: {}", holds.error());
  for (const StoredOverride& it : *holds) {
    if (it.expires_at <= wall) {
      (void)store_.clear_override(it.service);
      continue;
    }
    tell_(ScaleSet{it.service, it.count, time_left(it.expires_at, wall)});
  }
}

}  // namespace foretide::coordinator
