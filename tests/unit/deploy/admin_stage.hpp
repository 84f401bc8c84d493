// A coordinator's admin API on a thread of its own, for the verbs that ask one: it answers as the
// test says, keeps what it was asked, and what the verb printed is kept too.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/io/admin_server.hpp"

namespace foretide::cli {

class AdminStage : public testing::Test {
 protected:
  using Add = void (*)(CLI::App&, int&);

  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "foretide-test-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    setenv("FORETIDE_TOKEN", "right", 1);
    auto listening =
        AdminServer::listen(io_, {{"127.0.0.1", 0}, "right"}, [this](const AdminRequest& request) {
          asked_.push_back(request);
          return answer_(request);
        });
    ASSERT_TRUE(listening) << listening.error();
    server_ = std::move(*listening);
    thread_ = std::thread([this] {
      const auto work = boost::asio::make_work_guard(io_);
      io_.run();
    });
  }
  void TearDown() override {
    boost::asio::post(io_, [this] {
      server_.reset();
      boost::asio::post(io_, [this] { io_.stop(); });
    });
    thread_.join();
    unsetenv("FORETIDE_TOKEN");
    std::filesystem::remove_all(folder_);
  }

  // Runs a verb; its exit code.
  int run(Add add, std::vector<std::string> words) {
    CLI::App app;
    int exit_code = -1;
    add(app, exit_code);
    words.insert(words.end(), {"--admin", address()});
    std::reverse(words.begin(), words.end());  // as the parser takes them
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    app.parse(words);
    output_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return exit_code;
  }

  std::string address() const { return server_->bound().text(); }

  std::filesystem::path folder_;
  std::function<AdminResponse(const AdminRequest&)> answer_;
  std::vector<AdminRequest> asked_;
  std::string output_, errors_;

 private:
  boost::asio::io_context io_;
  std::unique_ptr<AdminServer> server_;
  std::thread thread_;
};

}  // namespace foretide::cli
