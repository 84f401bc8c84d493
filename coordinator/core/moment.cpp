#include "coordinator/core/moment.hpp"

#include <bit>

namespace foretide::coordinator {
namespace {

// FNV-1a, 64 bits folded to 32.
class Print {
 public:
  void add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0xff);  // where it ends
  }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix(number >> shift & 0xff);
  }
  void add(const std::optional<double>& number) {
    add(number ? std::bit_cast<std::uint64_t>(*number) : ~std::uint64_t{0});
  }
  std::uint32_t folded() const { return static_cast<std::uint32_t>(hash_ ^ hash_ >> 32); }

 private:
  void mix(std::uint64_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

Verdict verdict_of(const Decision& decision) {
  Print print;
  print.add(std::uint64_t{decision.from});
  print.add(std::uint64_t{decision.to});
  print.add(decision.rule);
  print.add(decision.reason);
  print.add(decision.demand);
  print.add(decision.forecast);
  print.add(decision.forecaster);
  print.add(static_cast<std::uint64_t>(decision.lead_time.count()));
  print.add(std::uint64_t{decision.ready});
  print.add(std::uint64_t{decision.starting});
  print.add(std::optional(decision.capacity_per_worker));
  for (const Opinion& opinion : decision.opinions) {
    print.add(opinion.rule);
    print.add(std::uint64_t{opinion.workers});
    print.add(opinion.reason);
  }
  return {decision.from, decision.to, decision.rule, print.folded()};
}

ScaleSettings plain_settings(const ScaleSettings& scale) {
  return {.min = scale.min,
          .max = scale.max,
          .shortage = scale.shortage,
          .idle = scale.idle,
          .window = scale.window,
          .up_max_step = scale.up_max_step,
          .down_max_step = scale.down_max_step,
          .up_cooldown = scale.up_cooldown,
          .down_cooldown = scale.down_cooldown,
          .predict = scale.predict,
          .schedule = {},
          .signals = {}};
}

}  // namespace foretide::coordinator
