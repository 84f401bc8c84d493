// A small HTTP/1.1 server for the admin APIs (coordinator and balancer): loopback-minded,
// token-checked, bounded. It runs on the owner's io_context and calls one function per request; the
// function answers at once, with a value, or with a stream (server-sent events) that the owner
// feeds.
//
// Every request but GET /healthz and /readyz needs `Authorization: Bearer TOKEN` (compared in
// constant time); /metrics needs it too unless the listener is on loopback. `Host` must be a
// loopback name or the listen address and any `Origin` that is not this server's own is refused, so
// that a web page cannot reach it through the operator's browser. Bounds: 16 KiB head, 1 MiB body,
// 64 connections, 30 s idle.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide {

struct AdminRequest {
  std::string method;  // "GET", "POST", …
  std::string path;    // percent-decoded, without the query
  std::map<std::string, std::string> query;
  std::string content_type;
  std::string accept;
  std::string body;
  // Fields of an application/x-www-form-urlencoded body.
  std::map<std::string, std::string> form() const;
};

struct AdminResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  // Set for an event stream: the connection stays open and receives what publish() is given.
  bool event_stream = false;
};

class AdminServer {
 public:
  struct Settings {
    Address listen;     // port 0: any free port, see bound()
    std::string token;  // empty: none asked for (tests, a balancer on loopback)
    int socket = -1;    // one that listens there already, to be taken over
  };
  using Answer = std::function<AdminResponse(const AdminRequest&)>;

  // An address in use is an Error that names it; the caller adds which key of which file says so.
  static Result<std::unique_ptr<AdminServer>> listen(boost::asio::io_context& owner,
                                                     Settings settings, Answer answer);
  ~AdminServer();

  Address bound() const;
  int descriptor() const;  // the listening one, which stays ours
  // One server-sent event to every open stream; a stream that is 256 events behind is closed.
  void publish(std::string_view event, std::string_view data);

  struct Listener;

 private:
  explicit AdminServer(std::shared_ptr<Listener> listener);
  std::shared_ptr<Listener>
      listener_;  // shared with its connections' coroutines, which outlive a call
};

}  // namespace foretide
