// A client of HTTP/2 for the proxy's tests: nghttp2's own client over a blocking socket, in the
// clear or over TLS. It reads only while a test waits for something, and opens windows only when
// told to, so a test decides what the proxy may send.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/balancer/tls_stage.hpp"

namespace foretide::balancer {

using H2Fields = std::vector<std::pair<std::string, std::string>>;

// ":method: GET" and so on, for any host; more fields behind.
H2Fields h2_get(std::string_view path = "/", H2Fields more = {});
H2Fields h2_post(std::string_view path = "/", H2Fields more = {});

class H2Client {
 public:
  // Whether windows are opened as bytes come, or by `consume` alone.
  enum class Windows : std::uint8_t { kOpenAlways, kAsTold };
  explicit H2Client(RawSocket socket, Windows windows = Windows::kOpenAlways);
  static H2Client over_tls(RawSocket socket);
  H2Client(H2Client&&) noexcept;
  ~H2Client();

  struct Answer {
    std::vector<int> interim;  // statuses of 1xx
    int status = 0;
    std::map<std::string, std::string> fields;
    std::string body;
    bool ended = false;
    std::optional<std::uint32_t> reset;  // the error code
    bool closed = false;
  };

  // A request without a body.
  std::int32_t request(const H2Fields& fields);
  // One whose body `send` gives.
  std::int32_t open(const H2Fields& fields);
  void send(std::int32_t stream, std::string_view bytes);
  void end(std::int32_t stream);
  void reset(std::int32_t stream, std::uint32_t code);
  void ping();
  void settings();
  // Opens the windows by that much.
  void consume(std::int32_t stream, std::size_t size);
  void flush();
  void open_connection_window(std::int32_t size);
  std::size_t unsent(std::int32_t stream) {
    return uploads_[stream]->bytes.size() - uploads_[stream]->sent;
  }
  // Bytes as they are, after what is pending.
  void send_raw(std::string_view bytes);

  const Answer& answer(std::int32_t stream) { return answers_[stream]; }
  // Reads until it holds, or the connection ends, or patience does.
  bool wait_until(const std::function<bool()>& condition);
  void read_what_is_there();
  // Reads what comes within a moment.
  void read_a_while();
  const Answer& finished(std::int32_t stream);  // ended or reset
  bool connection_ended() const { return ended_; }
  std::optional<std::uint32_t> goaway() const { return goaway_; }
  std::int32_t goaway_last() const { return goaway_last_; }
  std::uint32_t requests_at_once() const;
  RawSocket& socket();

 private:
  bool read_once(int wait_ms);
  std::int32_t submit(const H2Fields& fields, bool body);

  struct DeleteSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Upload {
    H2Fields fields;  // nghttp2 points into them until they are sent
    std::string bytes;
    std::size_t sent = 0;
    bool ended = false;
  };
  friend struct H2ClientCallbacks;

  std::optional<TlsPeer> tls_;
  RawSocket plain_;
  std::unique_ptr<nghttp2_session, DeleteSession> session_;
  std::map<std::int32_t, Answer> answers_;
  std::map<std::int32_t, std::unique_ptr<Upload>> uploads_;
  std::optional<std::uint32_t> goaway_;
  std::int32_t goaway_last_ = 0;
  bool ended_ = false;
};

}  // namespace foretide::balancer
