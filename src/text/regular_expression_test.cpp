#include "text/regular_expression.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge {
namespace {

TEST(RegularExpression, FindsAllMatches) {
  const auto count = [](const std::string& pattern, const std::string& text) {
    return RegularExpression(pattern).all(text).value().size();
  };
  EXPECT_EQ(count("a", "banana"), 3u);
  EXPECT_EQ(count(R"(\w+)", "zwei Wörter"), 2u);
  EXPECT_EQ(count("", "äb"), 3u);
  EXPECT_EQ(count("a*", "baac"), 4u);
  EXPECT_EQ(count("x", ""), 0u);
}

TEST(RegularExpression, RefusesWhatIsNoPattern) {
  EXPECT_THROW(RegularExpression("("), UsageError);
}

TEST(RegularExpression, SaysWhenItGivesUp) {
  std::string almost(41, 'a');
  almost.back() = 'b';
  EXPECT_FALSE(RegularExpression("(a+)+$").all(almost));
  EXPECT_FALSE(RegularExpression("a").all("a\xff"));
  EXPECT_FALSE(RegularExpression("a").found_in("a\xff"));
}

}  // namespace
}  // namespace nudge
