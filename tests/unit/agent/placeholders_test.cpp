#include "agent/core/placeholders.hpp"

#include <gtest/gtest.h>

namespace foretide::agent {
namespace {

const Placeholders kWith{"10.0.0.7", 20001, {"web-1-2"}};

TEST(Placeholders, FillsHostPortAndId) {
  EXPECT_EQ(filled("--listen={host}:{port} --name {id}", kWith),
            "--listen=10.0.0.7:20001 --name web-1-2");
}

TEST(Placeholders, LeavesOtherBracesAlone) {
  EXPECT_EQ(filled("{\"port\": {port}} {hosts} {} {", kWith), "{\"port\": 20001} {hosts} {} {");
  EXPECT_EQ(filled("", kWith), "");
}

TEST(Placeholders, LeavesReferencesForExec) {
  EXPECT_EQ(filled("${env:port} ${file:/x/{id}} {id}", kWith),
            "${env:port} ${file:/x/{id}} web-1-2");
  EXPECT_EQ(filled("${env:unclosed", kWith), "${env:unclosed");
}

}  // namespace
}  // namespace foretide::agent
