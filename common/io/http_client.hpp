// A small blocking HTTP/1.1 client, for the command line and the tests: one request at a time, a
// deadline over each, the connection kept between requests. Answers are bounded (64 MiB). It knows
// no TLS, no redirects and no proxies; the admin API has none of them.
//
//     HttpClient client({"127.0.0.1", 7400});
//     auto answer = client.ask({.target = "/v1/status",
//                               .headers = {{"Authorization", "Bearer …"}}});
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/address.hpp"
#include "common/result.hpp"

namespace foretide {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::map<std::string, std::string> headers = {};
  std::string body = {};
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One server-sent event.
struct HttpEvent {
  std::string event = "message";
  std::string data;
};

class HttpClient {
 public:
  using Milliseconds = std::chrono::milliseconds;

  explicit HttpClient(Address server, Milliseconds timeout = std::chrono::seconds{10});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // A server that cannot be reached, does not answer in time, or does not speak HTTP is an Error. A
  // connection that the server closed while it was idle is opened again.
  Result<HttpAnswer> ask(const HttpRequest& request);
  Result<HttpAnswer> get(const std::string& target);
  Result<HttpAnswer> post(const std::string& target, std::string body,
                          const std::string& content_type = "application/json");
  // Sent with each request from now on, such as Authorization.
  void set_header(const std::string& name, const std::string& value);

  class EventStream;
  // Asks with Accept: text/event-stream. An answer other than 200 is an Error that has its text.
  Result<EventStream> events(const std::string& target);

 private:
  struct Connection;
  Result<HttpAnswer> exchange(const HttpRequest& request);
  std::string head_for(const HttpRequest& request) const;

  Address server_;
  Milliseconds timeout_;
  std::map<std::string, std::string> headers_;
  std::unique_ptr<Connection> connection_;
};

// Server-sent events as they come. Lives on its own connection.
class HttpClient::EventStream {
 public:
  explicit EventStream(std::unique_ptr<Connection> connection);
  ~EventStream();
  EventStream(EventStream&&) noexcept;
  EventStream& operator=(EventStream&&) noexcept;

  // Nothing when none came in time; an Error when the stream is over.
  Result<std::optional<HttpEvent>> next(Milliseconds patience);

 private:
  std::optional<HttpEvent> take_event();

  std::unique_ptr<Connection> connection_;
  std::string unread_;
};

}  // namespace foretide
