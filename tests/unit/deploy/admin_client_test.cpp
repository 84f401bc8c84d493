// Whose token is tried, and when the next one is.
#include "deploy/cli/admin_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/io/admin_server.hpp"

namespace foretide::cli {
namespace {

using testing::HasSubstr;

// An admin API on a thread of its own that takes the token "right", and a folder for token files.
class AdminTokens : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "foretide-test-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directories(folder_ / "state/coordinator");
    setenv("FORETIDE_RUN_DIR", folder_.c_str(), 1);
    setenv("FORETIDE_STATE_DIR", (folder_ / "state").c_str(), 1);
    unsetenv("FORETIDE_TOKEN");
    auto listening = AdminServer::listen(io_, {{"127.0.0.1", 0}, "right"}, [](const AdminRequest&) {
      return AdminResponse{.body = "{\"served\": true}"};
    });
    ASSERT_TRUE(listening) << listening.error();
    server_ = std::move(*listening);
    access_.address = server_->bound().text();
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
    unsetenv("FORETIDE_RUN_DIR");
    unsetenv("FORETIDE_STATE_DIR");
    std::filesystem::remove_all(folder_);
  }
  void write_dev_token(const std::string& token) const {
    std::ofstream(dev_token_file(server_->bound())) << token << "\n";
  }
  void write_own_token(const std::string& token) const {
    std::ofstream(folder_ / "state/coordinator/admin.token") << token << "\n";
  }
  Result<nlohmann::json> status() const {
    const auto client = AdminClient::open(access_);
    if (!client) return Error{client.error()};
    return client->get("/v1/status");
  }

  std::filesystem::path folder_;
  boost::asio::io_context io_;
  std::unique_ptr<AdminServer> server_;
  std::thread thread_;
  AdminAccess access_;
};

TEST_F(AdminTokens, AStaleOneOfAFormerDevIsPassedOver) {
  write_dev_token("stale");
  write_own_token("right");
  const auto answer = status();
  EXPECT_TRUE(answer) << answer.error();
}

TEST_F(AdminTokens, OfADevThatRunsIsTakenBeforeTheHostsOwn) {
  write_dev_token("right");
  write_own_token("of another coordinator");
  EXPECT_TRUE(status());
}

TEST_F(AdminTokens, ThatWasNamedIsTheOnlyOneTried) {
  write_own_token("right");
  access_.token_file = folder_ / "named";
  std::ofstream(access_.token_file) << "wrong\n";
  const auto answer = status();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), HasSubstr("refused the admin token"));
}

TEST_F(AdminTokens, ThatAreAllRefusedAreSaidToBe) {
  write_dev_token("stale");
  write_own_token("old");
  const auto answer = status();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), HasSubstr("--admin-token-file names another"));
}

TEST_F(AdminTokens, ThatAreNowhereAreSaidToBe) {
  const auto answer = status();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), HasSubstr("no admin token for"));
}

TEST_F(AdminTokens, AreNotAskedForWhereNothingListens) {
  access_.address = "127.0.0.1:1";
  const auto answer = status();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), HasSubstr("no coordinator answers at 127.0.0.1:1"));
}

}  // namespace
}  // namespace foretide::cli
