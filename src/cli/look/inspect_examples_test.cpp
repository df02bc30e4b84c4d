#include <gtest/gtest.h>

#include "cli/look/inspect.h"
#include "data/byte_tokenizer_test.h"
#include "data/examples.h"

namespace nudge {
namespace {

/// The tokens of both, of which the second part is learned.
std::string shown(const std::string& prompt, const std::string& answer) {
  const ByteTokenizer tokenizer(std::vector<std::string>{"<e>"}, "<e>", "");
  Example example;
  for (const auto& [text, learned] : {std::pair{prompt, 0}, {answer, 1}})
    for (const TokenId id : tokenizer.encode(text)) {
      example.tokens.push_back(id);
      example.loss_mask.push_back(static_cast<std::uint8_t>(learned));
    }
  example.tokens.push_back(*tokenizer.eos());
  example.loss_mask.push_back(1);
  return masked_text(example, tokenizer);
}

TEST(MaskedText, MarksWhatIsLearned) {
  EXPECT_EQ(shown("Q\n", "A"), "Q\\n [[A<e>]]");
}

/// What a user wrote is no special token, and does not look like one.
TEST(MaskedText, TellsAForgedTokenFromARealOne) {
  EXPECT_EQ(shown("end <e> here", "A<e>"), "end \\<e> here[[A\\<e><e>]]");
}

TEST(MaskedText, ShowsTheAnswerBehindALongPrompt) {
  const std::string text = shown("begin" + std::string(5000, '.') + "end", "A");
  EXPECT_TRUE(text.starts_with("begin....")) << text;
  EXPECT_TRUE(text.ends_with("....end[[A<e>]]")) << text;
  EXPECT_NE(text.find(" ... 4,848 tokens ... "), std::string::npos) << text;
  EXPECT_LT(text.size(), 300u);
}

}  // namespace
}  // namespace nudge
