#include "common/signal.hpp"

#include <cstdio>

namespace foretide {
namespace {

struct Name {
  std::string operator()(const LatencyLimit& limit) const {
    char text[32];
    std::snprintf(text, sizeof text, "latency_p%g", limit.percentile);
    return text;
  }
  std::string operator()(const CpuLimit&) const { return "cpu"; }
  std::string operator()(const MemoryLimit&) const { return "memory"; }
  std::string operator()(const RequestRate&) const { return "requests"; }
};

}  // namespace

std::string name_of(const Signal& signal) {
  return std::visit(Name{}, signal);
}

}  // namespace foretide
