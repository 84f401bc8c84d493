// One GET, once, by an io_context that does other things meanwhile: for the numbers that the agent
// asks workers for, and the coordinator asks queues for.
//
// Bounded in every direction: one time limit over all of it (looking up the host, connecting, the
// answer's last byte), a largest body, heads of 8 KiB, no redirects, no connection that is kept.
// Only 200 is an answer; everything else is an Error in words, with the server's address but
// without what was asked of it: "127.0.0.1:9000 answered 404".
//
// Host names are looked up by the one thread that Asio has for it, where one that hangs holds up
// the others until its time is over; a host in digits needs none.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "common/http_url.hpp"
#include "common/result.hpp"
#include "common/time.hpp"

namespace foretide {

class HttpFetch {
 public:
  struct Bounds {
    Duration time;
    std::size_t body_bytes;
  };
  // Called once, never out of the constructor; the fetch may be destroyed from within.
  using OnAnswer = std::function<void(Result<std::string> body)>;

  HttpFetch(boost::asio::io_context& owner, HttpUrl url, std::string accept, Bounds bounds,
            OnAnswer on_answer);
  ~HttpFetch();  // stops it; nothing is called afterwards
  HttpFetch(const HttpFetch&) = delete;
  HttpFetch& operator=(const HttpFetch&) = delete;

 private:
  struct Run;
  std::shared_ptr<Run> run_;
};

// What one asks for Prometheus text with.
inline constexpr const char* kAcceptMetrics = "text/plain;version=0.0.4,text/plain;q=0.5,*/*;q=0.1";

}  // namespace foretide
