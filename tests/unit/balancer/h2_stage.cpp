#include "tests/unit/balancer/h2_stage.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace foretide::balancer {

struct H2ClientCallbacks {
  static H2Client& of(void* client) { return *static_cast<H2Client*>(client); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* client) {
    auto& answer = of(client).answers_[frame->hd.stream_id];
    const std::string key(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    if (key != ":status") {
      answer.fields[key] = text;
    } else if (const int status = std::stoi(text); status < 200) {
      answer.interim.push_back(status);
    } else {
      answer.status = status;
    }
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                  std::size_t size, void* client) {
    of(client).answers_[stream].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* client) {
    auto& self = of(client);
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) && ends) {
      self.answers_[frame->hd.stream_id].ended = true;
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      self.answers_[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    }
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self.goaway_ = frame->goaway.error_code;
      self.goaway_last_ = frame->goaway.last_stream_id;
    }
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t stream, std::uint32_t, void* client) {
    of(client).answers_[stream].closed = true;
    return 0;
  }

  static ssize_t body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& upload = *static_cast<H2Client::Upload*>(source->ptr);
    const auto piece = std::min(size, upload.bytes.size() - upload.sent);
    std::memcpy(into, upload.bytes.data() + upload.sent, piece);
    upload.sent += piece;
    if (upload.sent == upload.bytes.size() && upload.ended) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (piece == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(piece);
  }
};

H2Fields h2_get(std::string_view path, H2Fields more) {
  H2Fields fields{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}};
  fields.emplace_back(":path", path);
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

H2Fields h2_post(std::string_view path, H2Fields more) {
  auto fields = h2_get(path, std::move(more));
  fields[0].second = "POST";
  return fields;
}

H2Client::H2Client(RawSocket socket, Windows windows) : plain_(std::move(socket)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, H2ClientCallbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, H2ClientCallbacks::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, H2ClientCallbacks::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, H2ClientCallbacks::closed);
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  // What it sends is the test's affair; of what comes the proxy is judged here.
  if (windows == Windows::kAsTold) nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new2(&session, callbacks, this, options);
  session_.reset(session);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, nullptr, 0);
}

H2Client H2Client::over_tls(RawSocket socket) {
  H2Client client{RawSocket()};
  client.tls_ = TlsPeer::client(std::move(socket), {.protocols = "\x02h2"});
  EXPECT_EQ(client.tls_->shake_hands(), "");
  EXPECT_EQ(client.tls_->protocol(), "h2");
  return client;
}

H2Client::H2Client(H2Client&& other) noexcept
    : tls_(std::move(other.tls_)),
      plain_(std::move(other.plain_)),
      session_(std::move(other.session_)) {
  nghttp2_session_set_user_data(session_.get(), this);
}

H2Client::~H2Client() = default;

RawSocket& H2Client::socket() {
  return tls_ ? tls_->socket() : plain_;
}

std::int32_t H2Client::submit(const H2Fields& fields, bool body) {
  auto upload = std::make_unique<Upload>();
  upload->fields = fields;
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : upload->fields) {
    // Not copied: then it is not put into lower case either.
    list.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                    reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                    value.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE});
  }
  nghttp2_data_provider provider{};
  provider.source.ptr = upload.get();
  provider.read_callback = H2ClientCallbacks::body;
  const auto stream = nghttp2_submit_request(session_.get(), nullptr, list.data(), list.size(),
                                             body ? &provider : nullptr, nullptr);
  EXPECT_GT(stream, 0) << nghttp2_strerror(stream);
  uploads_[stream] = std::move(upload);
  flush();
  return stream;
}

std::int32_t H2Client::request(const H2Fields& fields) {
  return submit(fields, false);
}
std::int32_t H2Client::open(const H2Fields& fields) {
  return submit(fields, true);
}

void H2Client::send(std::int32_t stream, std::string_view bytes) {
  uploads_[stream]->bytes += bytes;
  nghttp2_session_resume_data(session_.get(), stream);
  flush();
}

void H2Client::end(std::int32_t stream) {
  uploads_[stream]->ended = true;
  nghttp2_session_resume_data(session_.get(), stream);
  flush();
}

void H2Client::reset(std::int32_t stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, code);
  flush();
}

void H2Client::ping() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  flush();
}

void H2Client::settings() {
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, nullptr, 0);
  flush();
}

void H2Client::consume(std::int32_t stream, std::size_t size) {
  nghttp2_session_consume(session_.get(), stream, size);
  flush();
}

void H2Client::open_connection_window(std::int32_t size) {
  nghttp2_submit_window_update(session_.get(), NGHTTP2_FLAG_NONE, 0, size);
  flush();
}

void H2Client::flush() {
  const std::uint8_t* bytes = nullptr;
  for (;;) {
    const auto size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size <= 0) return;
    send_raw({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  }
}

void H2Client::send_raw(std::string_view bytes) {
  if (tls_) {
    tls_->send(bytes);
  } else {
    plain_.send(bytes);
  }
}

bool H2Client::read_once(int wait_ms) {
  if (ended_) return false;
  if (!tls_ || SSL_pending(tls_->ssl()) == 0) {
    pollfd poll{socket().fd(), POLLIN, 0};
    if (::poll(&poll, 1, wait_ms) != 1) return false;
  }
  char bytes[16384];
  const ssize_t size = tls_ ? SSL_read(tls_->ssl(), bytes, sizeof bytes)
                            : ::recv(plain_.fd(), bytes, sizeof bytes, 0);
  if (size <= 0) {
    ended_ = true;
    return false;
  }
  const auto used = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size));
  EXPECT_EQ(used, size) << "the proxy keeps to the protocol";
  flush();
  return true;
}

bool H2Client::wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (!read_once(100) && ended_) return condition();
  }
  return true;
}

void H2Client::read_what_is_there() {
  while (read_once(0)) {
  }
}

void H2Client::read_a_while() {
  while (read_once(150)) {
  }
}

const H2Client::Answer& H2Client::finished(std::int32_t stream) {
  const auto& answer = answers_[stream];
  EXPECT_TRUE(wait_until([&] { return answer.ended || answer.reset || ended_; }));
  return answer;
}

std::uint32_t H2Client::requests_at_once() const {
  return nghttp2_session_get_remote_settings(session_.get(),
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace foretide::balancer
