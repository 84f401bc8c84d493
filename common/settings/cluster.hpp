// What a cluster file says, checked and typed: every program works from this, none from YAML.
//
// Each field's default is the product's default; README and `foretide check` rely on them. Load and
// capacity are counted in requests in flight (one worker serving two requests at once has a load of
// 2), so `capacity.soft` is the load at which a worker is well used and `capacity.hard` the load it
// is never given more than.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "common/ids.hpp"
#include "common/schedule_window.hpp"
#include "common/settings/front_settings.hpp"
#include "common/settings/tls_settings.hpp"
#include "common/signal.hpp"
#include "common/wire/messages.hpp"
#include "common/worker_spec.hpp"

namespace foretide {

struct ScaleSettings {
  std::uint32_t min = 1;  // 0 with `engine` other than generic
  std::uint32_t max = 10;
  double shortage = 0.01;                   // share of demand that may find no free worker
  std::chrono::milliseconds idle{300'000};  // without a request this long, min 0 scales to zero
  std::chrono::milliseconds window{
      60'000};  // `down.window`: demand's maximum over it is kept served
  std::optional<std::uint32_t> up_max_step, down_max_step;  // workers per decision
  std::chrono::milliseconds up_cooldown{0}, down_cooldown{0};
  enum class Predict { kOff, kShadow, kAuto };
  Predict predict = Predict::kAuto;
  std::vector<ScheduleWindow> schedule;  // the largest `min` of those that are open holds
  std::vector<Signal> signals;           // of each name one
  friend bool operator==(const ScaleSettings&, const ScaleSettings&) = default;
};

// What a worker is taken to serve well until it was learned.
inline constexpr double kCapacityPrior = 8.0;

struct ServiceSettings {
  ServiceId id;
  std::vector<wire::Match> matches;  // empty: takes what no other service matches
  WorkerSpec worker;                 // argv empty when `upstreams` is used
  std::vector<Address> upstreams;
  std::optional<double> capacity_soft;  // absent, and no hard one: it is learned
  std::optional<std::uint32_t> capacity_hard;
  ScaleSettings scale;
  wire::TrafficPolicy traffic;  // from queue, balance, timeouts, capacity and tls
  bool gives_capacity() const { return capacity_soft || capacity_hard; }
  friend bool operator==(const ServiceSettings&, const ServiceSettings&) = default;
};

struct ListenSettings {
  std::vector<Address> traffic{{"0.0.0.0", 8080}};
  std::optional<TlsSettings> tls;
  FrontSettings front;
  Address admin{"127.0.0.1", 7400};
  Address balancer_admin{"127.0.0.1", 7403};
  Address control{"0.0.0.0", 7401};
  Address telemetry{"0.0.0.0", 7402};
  friend bool operator==(const ListenSettings&, const ListenSettings&) = default;
};

struct ClusterSettings {
  std::string name = "foretide";
  ListenSettings listen;
  std::vector<ServiceSettings> services;  // in the file's order
  friend bool operator==(const ClusterSettings&, const ClusterSettings&) = default;
};

}  // namespace foretide
