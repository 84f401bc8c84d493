// A server for one test, on the io_context of what is tested: it answers every connection with the
// same bytes and closes it, or keeps silent. What it was asked is kept.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <vector>

namespace foretide {

class AnsweringServer {
 public:
  explicit AnsweringServer(boost::asio::io_context& io)
      : acceptor_(io, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    accept();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  static std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::string answer = ok("");  // empty: none ever comes
  std::vector<std::string> asked;

 private:
  struct Visit {
    explicit Visit(boost::asio::ip::tcp::socket taken) : socket(std::move(taken)) {}
    boost::asio::ip::tcp::socket socket;
    boost::asio::streambuf head;
    std::string answer;
  };

  void accept() {
    acceptor_.async_accept(
        [this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
          if (error) return;
          serve(std::make_shared<Visit>(std::move(socket)));
          accept();
        });
  }
  void serve(const std::shared_ptr<Visit>& visit) {
    visits_.push_back(visit);
    boost::asio::async_read_until(
        visit->socket, visit->head, "\r\n\r\n",
        [this, visit](boost::system::error_code error, std::size_t bytes) {
          if (error) return;
          const auto begin = boost::asio::buffers_begin(visit->head.data());
          asked.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(bytes));
          visit->answer = answer;
          if (answer.empty()) return;
          boost::asio::async_write(visit->socket, boost::asio::buffer(visit->answer),
                                   [visit](boost::system::error_code, std::size_t) {
                                     boost::system::error_code ignored;
                                     visit->socket.shutdown(boost::asio::socket_base::shutdown_both,
                                                            ignored);
                                   });
        });
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Visit>> visits_;
};

}  // namespace foretide
