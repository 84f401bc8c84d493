// Carries the core's actions out: first everything that must be durable, in one transaction, then
// what is to be sent. While the store cannot be written nothing is sent that depends on it; what
// was to be kept stays here (newest wins, a thousand decisions at most) and is tried again with the
// next actions. The core need not know: it says its levels again until they are acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/stamp.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/io/store_sqlite.hpp"

namespace foretide::coordinator {

class Outbox {
 public:
  using Send = std::function<void(wire::Role role, const std::string& name,
                                  const std::string& session, Stamp stamp, wire::Body body)>;
  using Tell = std::function<void(const Action&)>;  // decisions and notices, for people

  Outbox(Store& store, Send send, Tell tell);

  void carry_out(std::vector<Action> actions);

  const std::string& trouble() const {
    return trouble_;
  }  // why nothing can be stored now, or empty
  std::uint64_t decisions_total() const { return decisions_total_; }

 private:
  void keep(const Action& action);
  bool write();
  void send(Action& action);

  Store& store_;
  Send send_;
  Tell tell_;
  Batch unwritten_;
  std::string trouble_;
  std::uint64_t decisions_total_ = 0;
};

}  // namespace foretide::coordinator
