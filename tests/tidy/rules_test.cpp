#include "tests/tidy/rules.hpp"

#include <gtest/gtest.h>

namespace foretide::tidy {
namespace {

using Findings = std::vector<Finding>;

TEST(CodeOf, BlanksCommentsAndLiteralsAndKeepsTheLines) {
  EXPECT_EQ(code_of("a // b\nc"), "a     \nc");
  EXPECT_EQ(code_of("a /* b\n c */ d"), "a     \n      d");
  EXPECT_EQ(code_of("f(\"x // y\\\"\", 'z');"), "f(          ,    );");
  EXPECT_EQ(code_of("R\"(a\n\")\" b"), "    \n    b");
  EXPECT_EQ(code_of("R\"x(a)\" )x\" b"), "            b");
  EXPECT_EQ(code_of("1'000 + 'a'"), "1'000 +    ");
  EXPECT_EQ(code_of("\"never closed\nb"), "             \nb");
  EXPECT_EQ(code_of("/* never closed"), "               ");
}

TEST(IncludesOf, FindsBothKindsWithTheirLines) {
  const auto includes =
      includes_of("#include <a/b>\n  #  include \"c.hpp\"  // why\n// #include <d>\n#include\n");
  ASSERT_EQ(includes.size(), 2u);
  EXPECT_EQ(includes[0].name, "a/b");
  EXPECT_TRUE(includes[0].angle);
  EXPECT_EQ(includes[1].name, "c.hpp");
  EXPECT_EQ(includes[1].line, 2);
  EXPECT_FALSE(includes[1].angle);
}

TEST(Rules, KeepTheCorePure) {
  const std::string path = "agent/core/x.cpp";
  for (const char* name : {"<boost/asio.hpp>", "<zmq.hpp>", "<msgpack.hpp>", "<yaml-cpp/yaml.h>",
                           "<unistd.h>", "<sys/types.h>", "<thread>", "<mutex>", "<fstream>",
                           "<Eigen/Dense>", "\"agent/io/uplink.hpp\"", "\"common/io/paths.hpp\""}) {
    EXPECT_EQ(impure_includes({path, std::string("\n#include ") + name + "\n"}).size(), 1u) << name;
    EXPECT_TRUE(impure_includes({"agent/io/x.cpp", std::string("#include ") + name}).empty())
        << name;
  }
  EXPECT_TRUE(impure_includes({path, "#include <vector>\n#include \"common/time.hpp\"\n"}).empty());
  EXPECT_TRUE(
      impure_includes({"coordinator/core/forecast_line.cpp", "#include <Eigen/Dense>"}).empty());
  EXPECT_EQ(
      impure_includes({"coordinator/core/forecast_line.hpp", "#include <Eigen/Dense>"}).size(), 1u);
  EXPECT_EQ(impure_includes({path, "\n#include <thread>"}),
            (Findings{{path, 2, "core includes thread"}}));
}

TEST(Rules, KeepClocksAndChanceOutOfTheCore) {
  const std::string path = "balancer/core/x.cpp";
  for (const char* call : {"std::chrono::steady_clock::now()", "getenv(\"A\")", "std::rand()",
                           "std::random_device{}", "printf(\"a\")"}) {
    EXPECT_EQ(impure_calls({path, call}).size(), 1u) << call;
    EXPECT_TRUE(impure_calls({path, std::string("// ") + call}).empty()) << call;
    EXPECT_TRUE(impure_calls({"balancer/io/x.cpp", call}).empty()) << call;
  }
  EXPECT_TRUE(impure_calls({path, "[[gnu::format(printf, 1, 2)]]"}).empty());
  EXPECT_TRUE(impure_calls({path, "operand(); brand(now); time::now_is"}).empty());
}

TEST(Rules, KeepTheProgramsApart) {
  const auto count = [](const char* from, const char* to) {
    return foreign_includes({from, std::string("#include \"") + to + "\"\n"}).size();
  };
  EXPECT_EQ(count("agent/main.cpp", "agent/core/a.hpp"), 0u);
  EXPECT_EQ(count("agent/main.cpp", "common/time.hpp"), 0u);
  EXPECT_EQ(count("agent/main.cpp", "balancer/core/a.hpp"), 1u);
  EXPECT_EQ(count("common/x.cpp", "agent/core/a.hpp"), 1u);
  EXPECT_EQ(count("deploy/cli/dev.cpp", "agent/core/a.hpp"), 0u);
  EXPECT_EQ(count("deploy/cli/dev.cpp", "agent/io/a.hpp"), 1u);
  EXPECT_EQ(count("tests/simulation/a.cpp", "coordinator/core/step.hpp"), 0u);
  EXPECT_EQ(count("tests/simulation/a.cpp", "coordinator/io/a.hpp"), 1u);
  EXPECT_EQ(count("tests/e2e/a.cpp", "deploy/cli/a.hpp"), 0u);
  EXPECT_EQ(count("agent/main.cpp", "deploy/cli/a.hpp"), 1u);
  EXPECT_EQ(count("tests/unit/agent/a_test.cpp", "agent/io/a.hpp"), 0u);
  EXPECT_EQ(count("tests/unit/agent/a_test.cpp", "balancer/io/a.hpp"), 1u);
  EXPECT_EQ(count("tests/unit/agent/a_test.cpp", "tests/fixtures/a.hpp"), 0u);
  EXPECT_EQ(count("tests/fuzz/a.cpp", "balancer/http/a.hpp"), 0u);
  EXPECT_EQ(count("tests/fuzz/a.cpp", "balancer/io/a.hpp"), 1u);
}

TEST(Rules, KeepAWrappedLibraryBehindItsDoor) {
  const auto count = [](const char* from, const char* to) {
    return libraries_past_their_door({from, std::string("#include <") + to + ">\n"}).size();
  };
  EXPECT_EQ(count("common/settings/yaml_tree.cpp", "yaml-cpp/parser.h"), 0u);
  EXPECT_EQ(count("common/settings/schema.cpp", "yaml-cpp/parser.h"), 1u);
  EXPECT_EQ(count("common/wire/codec.cpp", "msgpack.hpp"), 0u);
  EXPECT_EQ(count("agent/io/uplink.cpp", "msgpack.hpp"), 1u);
  EXPECT_EQ(count("coordinator/io/agent_gateway.cpp", "zmq.hpp"), 1u);
}

TEST(Rules, WantAHeaderToOpenWithProse) {
  const std::string prose = "// A thing that does a thing, told in a sentence.\n#pragma once\n";
  EXPECT_TRUE(headers_without_prose({"a.hpp", prose}).empty());
  EXPECT_TRUE(headers_without_prose({"a.cpp", "int a;"}).empty());
  EXPECT_EQ(headers_without_prose({"a.hpp", "#pragma once\n" + prose}).size(), 1u);
  EXPECT_EQ(headers_without_prose({"a.hpp", "// a.hpp\n#pragma once\n"}).size(), 1u);
  EXPECT_EQ(headers_without_prose({"a.hpp", ""}).size(), 1u);
}

TEST(Rules, WantAHeaderToBeGuarded) {
  EXPECT_TRUE(headers_without_guard({"a.hpp", "// x\n\n#pragma once\nint a;"}).empty());
  EXPECT_EQ(headers_without_guard({"a.hpp", "// #pragma once\nint a;"}).size(), 1u);
  EXPECT_EQ(headers_without_guard({"a.hpp", "int a;\n#pragma once\n"}).size(), 1u);
  EXPECT_EQ(headers_without_guard({"a.hpp", ""}).size(), 1u);
  EXPECT_TRUE(headers_without_guard({"a.cpp", "int a;"}).empty());
}

TEST(Rules, BoundTheLengthOfAFile) {
  std::string text;
  for (int i = 0; i < kLinesMost; ++i) text += "\n";
  EXPECT_TRUE(overlong_files({"a.cpp", text}).empty());
  EXPECT_EQ(overlong_files({"a.cpp", text + "x"}),
            (Findings{{"a.cpp", 0, "451 lines, at most 450"}}));
  EXPECT_TRUE(overlong_files({"tests/a.cpp", text + "x"}).empty());
  EXPECT_TRUE(overlong_files({"a.txt", text + text}).empty());
}

TEST(Rules, KnowADrawerByItsName) {
  EXPECT_EQ(drawers({"common/string_util.hpp", ""}).size(), 1u);
  EXPECT_EQ(drawers({"common/manager.cpp", ""}).size(), 1u);
  EXPECT_TRUE(drawers({"common/utility_function.cpp", ""}).empty());
}

TEST(Rules, FindWhatWasLeftForLater) {
  const std::string mark = std::string("TO") + "DO";
  EXPECT_EQ(leftover_marks({"a.md", "x\n" + mark + ": y\n"}),
            (Findings{{"a.md", 2, "a leftover " + mark}}));
  EXPECT_TRUE(leftover_marks({"a.cpp", "mkstemp(\"/tmp/aXXXXXX\"); " + mark + "S"}).empty());
}

TEST(Rules, KeepCommentsWithinTheirColumns) {
  const std::string at_most = "// " + std::string(97, 'x');
  EXPECT_TRUE(wide_comments({"a/x.cpp", "int a;\n" + at_most + "\nint b;"}).empty());
  EXPECT_EQ(wide_comments({"a/x.cpp", "int a;\n " + at_most}),
            (Findings{{"a/x.cpp", 2, "101 columns of comment"}}));
  EXPECT_TRUE(wide_comments({"a/x.cpp", "// " + std::string(96, 'x') + "\u2026"}).empty());
  EXPECT_TRUE(wide_comments({"a/x.md", " " + at_most}).empty());
}

TEST(Rules, FindPlacesOfOneMachine) {
  const std::string folder = std::string("/wo") + "rk/";
  EXPECT_EQ(places({"a", "cd " + folder + "main"}).size(), 1u);
  EXPECT_EQ(places({"a", "\"" + folder + "\""}).size(), 1u);
  EXPECT_TRUE(places({"a", "src" + folder + "main ${PWD}" + folder + "x"}).empty());
  EXPECT_EQ(places({"a", std::string("https://registry.npmjs") + ".org/x"}).size(), 1u);
}

}  // namespace
}  // namespace foretide::tidy
