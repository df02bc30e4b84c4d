#include "records/records.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

TEST(Prompt, QuestionIsWhatTheUserAskedLast) {
  EXPECT_EQ(Prompt{.text = "plain"}.question(), "plain");
  const Prompt chat{.messages = {{"system", "s"}, {"user", "first"}, {"assistant", "a"}, {"user", "last"}}};
  EXPECT_EQ(chat.question(), "last");
  EXPECT_EQ((Prompt{.messages = {{"system", "alone"}}}.question()), "alone");
}

}  // namespace
}  // namespace nudge
