#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/io/atomic_file.hpp"
#include "common/io/key_file.hpp"

namespace foretide {
namespace {

using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "foretide-files-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    path = folder + "/file";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  mode_t mode_of(const std::string& of) {
    struct stat found {};
    EXPECT_EQ(::stat(of.c_str(), &found), 0);
    return found.st_mode & 0777;
  }
  std::size_t files() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  std::string folder, path;
};

TEST_F(Files, AreReplacedWholeAndLeaveNothingBeside) {
  ASSERT_TRUE(write_file(path, "old"));
  ASSERT_TRUE(write_file(path, std::string(100'000, 'n'), 0640));
  EXPECT_EQ(*read_file(path), std::string(100'000, 'n'));
  EXPECT_EQ(mode_of(path), 0640u);
  EXPECT_EQ(files(), 1u);
}

TEST_F(Files, SayWhatIsWrong) {
  EXPECT_THAT(read_file(path).error(), HasSubstr("cannot read " + path + ": No such file"));
  EXPECT_THAT(write_file(folder + "/none/x", "").error(), HasSubstr("cannot write"));
  ASSERT_TRUE(write_file(path, "12345"));
  EXPECT_THAT(read_file(path, 4).error(), HasSubstr("larger than 4 bytes"));
  EXPECT_TRUE(read_file(path, 5));
}

TEST_F(Files, AFailedReplacementLeavesTheOldAndNothingBeside) {
  std::filesystem::create_directory(path);
  EXPECT_FALSE(write_file(path, "x"));  // a file cannot replace a folder
  EXPECT_EQ(files(), 1u);
}

TEST_F(Files, AKeyFileIsItsOwnersOnly) {
  const KeyPair keys = make_key_pair();
  ASSERT_TRUE(write_key_file(path, keys.secret_key));
  EXPECT_EQ(mode_of(path), 0600u);
  const auto read = read_key_file(path);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->secret_key, keys.secret_key);
  EXPECT_EQ(read->public_key, keys.public_key);
  for (const mode_t bad : {0640, 0604, 0660}) {
    ASSERT_EQ(::chmod(path.c_str(), bad), 0);
    EXPECT_THAT(read_key_file(path).error(), HasSubstr("chmod 600 " + path));
  }
}

TEST_F(Files, AKeyFileThatHoldsNoKeyIsAClearError) {
  for (const std::string& bad : {std::string("short"), std::string(40, '~'), std::string("a\nb")}) {
    ASSERT_TRUE(write_secret(path, bad));
    const auto read = read_key_file(path);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error(), HasSubstr(path));
    EXPECT_EQ(read.error().find(bad), std::string::npos);
  }
  ASSERT_TRUE(write_file(path, "", 0600));
  EXPECT_THAT(read_key_file(path).error(), HasSubstr("is empty"));
  EXPECT_THAT(read_key_file(folder).error(), HasSubstr("no file"));
}

TEST_F(Files, AKeyAndATokenAreMadeOnce) {
  const auto made = read_or_make_key_file(path);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(read_or_make_key_file(path)->secret_key, made->secret_key);
  const auto token = read_or_make_token(folder + "/token");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 43u);
  EXPECT_EQ(*read_or_make_token(folder + "/token"), *token);
  EXPECT_NE(random_token(), random_token());
}

}  // namespace
}  // namespace foretide
