#include "base/yaml.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge {
namespace {

std::string refusal(const std::string& text) {
  try {
    read_yaml(text, "f.yaml");
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

TEST(Yaml, ReadsOneDocument) {
  EXPECT_EQ(read_yaml("a: {b: 1}", "f.yaml")["a"]["b"].as<int>(), 1);
  EXPECT_TRUE(read_yaml("", "f.yaml").IsNull());
  EXPECT_EQ(read_yaml("---\na: 1\n", "f.yaml")["a"].as<int>(), 1);
  EXPECT_EQ(read_yaml("a: &x [1, 2]\nb: *x\nc: *x", "f.yaml")["c"][1].as<int>(), 2);
}

TEST(Yaml, RefusesWhatWouldBeGuessedOrNeverEnd) {
  EXPECT_NE(refusal("a: [").find("not valid YAML"), std::string::npos);
  EXPECT_NE(refusal("a: 1\n---\nb: 2\n").find("2 documents"), std::string::npos);
  EXPECT_NE(refusal("a: 1\nb:\n  c: 1\n  c: 2\n").find("line 4: the key \"c\" stands twice"),
            std::string::npos);
  EXPECT_NE(refusal("a: &s\n  - b: *s\n").find("hold itself"), std::string::npos);
  std::string doubling = "l0: &l0 [1, 1]\n";
  for (int i = 1; i < 30; ++i) doubling += fmt::format("l{0}: &l{0} [*l{1}, *l{1}]\n", i, i - 1);
  EXPECT_NE(refusal(doubling).find("more than 100000 values"), std::string::npos);
}

}  // namespace
}  // namespace nudge
