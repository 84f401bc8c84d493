#include "balancer/h2/callbacks.hpp"

#include <memory>

#include "balancer/io/front.hpp"
#include "balancer/io/traffic_thread.hpp"

namespace foretide::balancer::h2 {
namespace {

// Requests that are over but for their last breath count, too.
constexpr std::size_t kRequestsMax = 256;

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

ssize_t give_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) {
  StreamEnd& end = static_cast<RequestStream*>(source->ptr)->end();
  const std::size_t given = end.give_output(reinterpret_cast<char*>(into), size);
  const bool all = end.output_size() == 0 && end.response_is_whole();
  if (all) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (given == 0 && !all) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(given);
}

}  // namespace

struct Connection::Callbacks {
  static Connection& of(void* connection) { return *static_cast<Connection*>(connection); }

  static bool begins_request(const nghttp2_frame& frame) {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& self = of(user);
    if (!begins_request(*frame)) return 0;
    const auto id = frame->hd.stream_id;
    if (self.requests_.size() >= kRequestsMax) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
      return 0;
    }
    if (self.thread_.buffers().is_short()) {
      ++self.thread_.counts().shed_for_memory_total;
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
      return 0;
    }
    self.head_deadline_ = self.thread_.loop().now() + self.thread_.front().head_timeout;
    self.head_of_ = id;
    const RequestStream::Parts parts{self.thread_, self, self.client_side_};
    self.requests_.emplace(id, std::make_unique<RequestStream>(parts, id));
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    if (!begins_request(*frame)) return 0;  // trailers
    RequestStream* request = of(user).find(frame->hd.stream_id);
    if (request != nullptr) request->fields().take(text(name, name_size), text(value, value_size));
    return 0;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Connection& self = of(user);
    RequestStream* request = self.find(frame->hd.stream_id);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (request == nullptr) return 0;
        if (begins_request(*frame)) {
          const bool ended = ends_stream(*frame);
          self.complete(*request,
                        ended ? RequestFields::Body::kNone : RequestFields::Body::kFollows);
        } else if (ends_stream(*frame)) {
          request->end().end_input();
        }
        return 0;
      case NGHTTP2_DATA:
        if (ends_stream(*frame)) {
          if (request != nullptr) request->end().end_input();
        } else if (frame->hd.length == 0) {
          self.spend(self.idle_frames_);
        }
        return 0;
      case NGHTTP2_RST_STREAM:
        self.spend(self.resets_);
        return 0;
      case NGHTTP2_SETTINGS:
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.spend(self.idle_frames_);
        return 0;
      case NGHTTP2_PRIORITY:
        self.spend(self.idle_frames_);
        return 0;
      default:
        return 0;
    }
  }

  static int data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                  const std::uint8_t* bytes, std::size_t size, void* user) {
    RequestStream* request = of(user).find(id);
    nghttp2_session_consume_connection(session, size);
    if (request == nullptr) {
      nghttp2_session_consume_stream(session, id, size);
    } else if (of(user).thread_.buffers().is_spent()) {
      ++of(user).thread_.counts().shed_for_memory_total;
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
    } else {
      request->end().take_input(text(bytes, size));
    }
    return 0;
  }

  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Connection& self = of(user);
    const auto type = frame->hd.type;
    if (type == NGHTTP2_HEADERS) {
      if (RequestStream* request = self.find(frame->hd.stream_id)) request->end().head_was_sent();
    }
    if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && ends_stream(*frame)) {
      if (RequestStream* request = self.find(frame->hd.stream_id)) {
        request->end_sent = true;
        self.cut_if_needed(*request);
      }
    }
    if (type == NGHTTP2_RST_STREAM) {
      const auto why = frame->rst_stream.error_code;
      const bool ours =
          why == NGHTTP2_NO_ERROR || why == NGHTTP2_INTERNAL_ERROR || why == NGHTTP2_REFUSED_STREAM;
      if (!ours) self.spend(self.resets_);
    }
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    Connection& self = of(user);
    RequestStream* request = self.find(id);
    if (request == nullptr) return 0;
    // One that nghttp2 found fault with is reset without having been completed.
    if (id == self.head_of_) self.head_deadline_ = Instant::max();
    request->closed = true;
    request->end().closed();
    if (!request->running) self.forget(id);
    return 0;
  }
};

nghttp2_session* make_session(Connection& connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return nullptr;
  const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)> owner(
      callbacks, &nghttp2_session_callbacks_del);
  if (nghttp2_option_new(&options) != 0) return nullptr;
  const std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)> option_owner(
      options, &nghttp2_option_del);
  Connection::register_callbacks(callbacks);
  nghttp2_option_set_no_auto_window_update(options, 1);  // windows open by what was read
  nghttp2_option_set_no_closed_streams(options, 1);
  // Beyond what the budget of idle frames lets pass at once, so that it is the budget that ends it.
  nghttp2_option_set_max_outbound_ack(options, 10 * Connection::kIdleFramesAtOnce);
  nghttp2_session* session = nullptr;
  if (nghttp2_session_server_new2(&session, callbacks, &connection, options) != 0) return nullptr;
  return session;
}

void Connection::register_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
}

nghttp2_data_provider body_of(RequestStream& request) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &request;
  provider.read_callback = give_body;
  return provider;
}

}  // namespace foretide::balancer::h2
