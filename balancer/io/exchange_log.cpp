// What an exchange leaves in the access log. What the client asked is copied at the beginning, as
// the memory that it stands in is read over by a body; nothing of it is done while the log is off.
#include <algorithm>
#include <cstring>

#include "balancer/core/service_routes.hpp"
#include "balancer/io/exchange.hpp"
#include "balancer/io/front.hpp"
#include "common/io/clock.hpp"

namespace foretide::balancer {

bool Exchange::is_logged() const {
  return thread_.front().access_log != nullptr && !is_probe_;
}

// A copy in the record's own block; what does not fit is cut.
std::string_view Exchange::noted(std::string_view text) {
  if (text.empty()) return {};
  const auto room = record_texts_.room();
  const auto size = std::min({text.size(), room.size(), AccessRing::kTextMax});
  std::memcpy(room.data(), text.data(), size);
  record_texts_.add(size);
  return {room.data(), size};
}

void Exchange::note_request() {
  record_texts_.acquire();
  const auto field = [this](std::string_view name) {
    return noted(field_in(head_.fields, name).value_or(std::string_view{}));
  };
  record_.began = wall_now();
  record_.client = noted(from_.address);
  record_.method = noted(head_.method);
  record_.target = noted(head_.target);
  record_.host = noted(head_.host);
  record_.protocol = head_.http_10 ? "HTTP/1.0" : "HTTP/1.1";
  if (client_side_.version == "2.0") record_.protocol = "HTTP/2.0";
  record_.user_agent = field("user-agent");
  record_.referer = field("referer");
  if (head_.refused == 0) {
    const auto fields = request_head_.text().substr(head_.fields_begin);
    record_.request_id = noted(field_in(fields, "x-request-id").value_or(std::string_view{}));
  }
}

void Exchange::log() {
  const auto us = [](Duration time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  };
  record_.scheme = client_side_.scheme;
  if (service_ != nullptr) record_.service = service_->id().text;
  record_.bytes = sent_to_client_ - std::min(sent_to_client_, heads_to_client_);
  record_.duration_us = us(loop_.now() - arrived_);
  if (held_for_) record_.held_us = us(*held_for_);
  record_.retries = retries_;
  thread_.front().access_log->ring(thread_.number()).put(record_);
}

}  // namespace foretide::balancer
