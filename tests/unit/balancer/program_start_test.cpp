// What a program finds that was started with descriptors: theirs, its own number, and nothing else.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/io/program_start.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::balancer {
namespace {

struct Said {
  std::string text;
  int status = -1;
};

// The script speaks by the descriptor behind two "sockets".
Said said_by(const std::string& program, const std::string& script) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const Descriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor second(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const Descriptor left_open(::open("/dev/null", O_RDONLY));  // as a library might
  // Crosswise: what comes last lies lowest, where the first is to be.
  const auto pid = start_program({.argv = {program, "-c", script},
                                  .sockets = {second.get(), first.get()},
                                  .others = {pipe[1]},
                                  .environment = {"TOLD=a b", "ALREADY=new"}});
  EXPECT_TRUE(pid) << pid.error();
  ::close(pipe[1]);
  Said said;
  std::array<char, 4096> bytes;
  for (ssize_t size; (size = ::read(pipe[0], bytes.data(), bytes.size())) > 0;) {
    said.text.append(bytes.data(), static_cast<std::size_t>(size));
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(*pid, &status, 0);
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

TEST(ProgramStart, HandsOverWhatItIsTold) {
  ::setenv("ALREADY", "old", 1);
  ::setenv("KEPT", "kept", 1);
  const auto said = said_by(
      "sh",
      "exec 1>&5; echo $LISTEN_FDS $TOLD $ALREADY $KEPT; test $LISTEN_PID = $$ && echo mine;"
      "readlink /proc/$$/fd/3 /proc/$$/fd/4; n=0; while [ $n -lt 64 ]; do"
      " [ -e /proc/$$/fd/$n ] && echo $n; n=$((n + 1)); done; exit 0");
  EXPECT_EQ(said.text, "2 a b new kept\nmine\n/dev/zero\n/dev/null\n0\n1\n2\n3\n4\n5\n");
  EXPECT_EQ(said.status, 0);
}

// A blocked signal would stay so in the new program.
TEST(ProgramStart, LeavesNoSignalBlocked) {
  const auto said = said_by("/bin/sh",
                            "exec 1>&5; while read line; do case $line in SigBlk*) echo $line;; "
                            "esac; done </proc/self/status");
  EXPECT_EQ(said.text, "SigBlk: 0000000000000000\n");
}

TEST(ProgramStart, ShowsByItsEndThatThereIsNoSuchProgram) {
  EXPECT_EQ(said_by("/nowhere/to/be/found", "").status, 127);
}

TEST(ProgramStart, LooksForABareName) {
  const auto started = start_program({.argv = {"no-such-program-here"}});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "no-such-program-here: not found in PATH");
}

}  // namespace
}  // namespace foretide::balancer
