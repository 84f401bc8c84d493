#include "coordinator/io/hand_orders.hpp"

#include <chrono>
#include <utility>

#include "common/io/log.hpp"

namespace foretide::coordinator {

HandOrders::HandOrders(Store& store, const State& state, std::function<void(Happening)> tell)
    : store_(store), state_(state), tell_(std::move(tell)) {}

Outcome HandOrders::hold(const ServiceId& service, std::optional<std::uint32_t> count,
                         Duration expires_after, WallTime wall) {
  const WallTime expires =
      expires_after == Duration{}
          ? WallTime::max()
          : wall + std::chrono::duration_cast<std::chrono::milliseconds>(expires_after);
  Outcome stored =
      count ? store_.set_override({service, *count, expires}) : store_.clear_override(service);
  if (!stored) return stored;
  tell_(ScaleSet{service, count, expires_after});
  return Done{};
}

Outcome HandOrders::pause(const PauseSet& order) {
  Outcome stored = order.paused ? store_.pause(order.service) : store_.resume(order.service);
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
    for (const ServiceId& id : *paused) {
      if (is_gone(id)) (void)store_.resume(id);
    }
  }
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
    const bool for_good = it.expires_at == WallTime::max();
    tell_(ScaleSet{it.service, it.count, for_good ? Duration{} : Duration(it.expires_at - wall)});
  }
}

}  // namespace foretide::coordinator
