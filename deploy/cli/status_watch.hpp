// Follows a cluster's status: asks at ~4 Hz, keeps what rates and the list of decisions need, and
// shows it in place on a terminal or as one plain line now and then where there is none. Used by
// `status --watch`, and by the quickstart.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/status_view.hpp"

namespace foretide::cli {

class StatusFollower {
 public:
  explicit StatusFollower(const AdminClient& admin);

  // Asks once more. On failure the last picture stays, and the error says what is wrong.
  Outcome refresh();
  const StatusPicture& picture() const { return picture_; }
  std::string plain_line() const;  // for logs: one line with the numbers that matter

 private:
  void learn_decisions();

  AdminClient admin_;
  StatusPicture picture_;
  // Arrivals over the last seconds, oldest first.
  std::deque<std::pair<std::chrono::steady_clock::time_point, nlohmann::json>> past_;
};

// Until `ended` says so, or 30 s without an answer. `foot` lines go below the picture.
int watch_status(const AdminClient& admin, const std::function<bool()>& ended,
                 const std::function<void(const StatusPicture&)>& seen,
                 const std::function<std::vector<Line>()>& foot);

}  // namespace foretide::cli
