#include "tests/e2e/traffic.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace foretide::e2e {

namespace {

constexpr std::size_t kFailuresKept = 10;

std::string error_text(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

// A blocking client connection that reads one answer after the other.
class Connection {
 public:
  Connection(const Address& address, std::chrono::milliseconds timeout)
      : address_(address), timeout_(timeout) {}
  ~Connection() { disconnect(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Answer get(const std::string& path) {
    const auto begin = std::chrono::steady_clock::now();
    Answer answer = exchange("GET " + path + " HTTP/1.1\r\nHost: " + address_.text() + "\r\n\r\n");
    answer.took = std::chrono::steady_clock::now() - begin;
    const auto connection = answer.headers.find("connection");
    if (answer.status == 0 ||
        (connection != answer.headers.end() && connection->second == "close")) {
      disconnect();
    }
    return answer;
  }

  void disconnect() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    received_.clear();
  }

 private:
  std::string connect_error() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{};
    limit.tv_sec = timeout_.count() / 1000;
    limit.tv_usec = timeout_.count() % 1000 * 1000;
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address_.port);
    inet_pton(AF_INET, address_.host.c_str(), &to.sin_addr);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      return error_text("connect");
    return {};
  }

  // False at the end of the stream or an error; `why_` then says which.
  bool read_more() {
    char bytes[16384];
    const ssize_t count = recv(fd_, bytes, sizeof bytes, 0);
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    if (count == 0)
      why_ = received_.empty() ? "closed without an answer" : "cut in the middle of an answer";
    if (count < 0) why_ = error_text("read");
    return count > 0;
  }

  std::optional<std::string> take_until(const std::string& mark) {
    std::size_t at;
    while ((at = received_.find(mark)) == std::string::npos) {
      if (!read_more()) return std::nullopt;
    }
    std::string text = received_.substr(0, at);
    received_.erase(0, at + mark.size());
    return text;
  }

  std::optional<std::string> take(std::size_t count) {
    while (received_.size() < count) {
      if (!read_more()) return std::nullopt;
    }
    std::string text = received_.substr(0, count);
    received_.erase(0, count);
    return text;
  }

  std::optional<std::string> take_chunks() {
    std::string body;
    for (;;) {
      const auto size_line = take_until("\r\n");
      if (!size_line) return std::nullopt;
      const std::size_t size = std::stoul(*size_line, nullptr, 16);
      const auto chunk = take(size + 2);
      if (!chunk) return std::nullopt;
      if (size == 0) return body;
      body.append(*chunk, 0, size);
    }
  }

  Answer exchange(const std::string& request) {
    Answer answer;
    if (fd_ < 0) {
      if (auto error = connect_error(); !error.empty()) {
        answer.body = error;
        return answer;
      }
    }
    if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      answer.body = error_text("write");
      return answer;
    }
    const auto head = take_until("\r\n\r\n");
    if (!head) {
      answer.body = why_;
      return answer;
    }
    parse_head(*head, answer);
    auto length = answer.headers.find("content-length");
    auto body = answer.headers.contains("transfer-encoding") ? take_chunks()
                : length != answer.headers.end()             ? take(std::stoul(length->second))
                                                             : std::optional<std::string>("");
    if (!body) answer.status = 0;
    answer.body = body.value_or(why_);
    return answer;
  }

  static void parse_head(const std::string& head, Answer& answer) {
    answer.status = head.size() > 12 ? std::atoi(head.c_str() + 9) : 0;
    std::size_t line = head.find("\r\n");
    while (line != std::string::npos) {
      const std::size_t begin = line + 2;
      line = head.find("\r\n", begin);
      const std::string field = head.substr(begin, line == std::string::npos ? line : line - begin);
      const auto colon = field.find(": ");
      if (colon == std::string::npos) continue;
      std::string name = field.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      answer.headers[name] = field.substr(colon + 2);
    }
  }

  Address address_;
  std::chrono::milliseconds timeout_;
  int fd_ = -1;
  std::string received_, why_;
};

}  // namespace

long worker_pid(const std::string& body) {
  const auto at = body.find("\"pid\":");
  return at == std::string::npos ? 0 : std::atol(body.c_str() + at + 6);
}

Answer ask(const Address& address, const std::string& path, std::chrono::milliseconds timeout) {
  return Connection(address, timeout).get(path);
}

Traffic::Traffic(Address address, std::string path, std::uint32_t most, Habits habits)
    : address_(std::move(address)), path_(std::move(path)), habits_(std::move(habits)) {
  for (std::uint32_t number = 0; number < most; ++number) {
    threads_.emplace_back([this, number] { run(number); });
  }
}

Traffic::~Traffic() {
  stop();
}

void Traffic::run(std::uint32_t number) {
  Connection connection(address_, std::chrono::seconds(40));
  while (!ending_) {
    if (number >= active_) {
      // An idle client's poll of its own flag; nothing waits for it.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    const Answer answer = connection.get(path_);
    if (habits_.connections == Habits::Connections::kNewForEach) connection.disconnect();
    record(answer);
    if (answer.status != 200 && habits_.after_failure) habits_.after_failure();
  }
}

void Traffic::record(const Answer& answer) {
  const std::lock_guard lock(mutex_);
  if (answer.status == 200) {
    ++tally_.answered;
    ++answered_;
    if (const long pid = worker_pid(answer.body); pid > 0) ++tally_.by_worker[pid];
    return;
  }
  ++tally_.failed;
  if (tally_.failures.size() < kFailuresKept) {
    tally_.failures.push_back(std::to_string(answer.status) + " " + answer.body);
  }
}

Tally Traffic::stop() {
  ending_ = true;
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return so_far();
}

Tally Traffic::so_far() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

}  // namespace foretide::e2e
