#include "gguf/rope.h"

#include <gtest/gtest.h>

#include <cmath>

#include "gguf/golden_test.h"

namespace nudge::gguf {
namespace {

constexpr Llama3Rope kPublished[] = {{8, 1, 4, 8192}, {32, 1, 4, 8192}, {16, 1, 4, 8192},
                                     {8, 1, 4, 4096}, {4, 1, 8, 2048},  {2.5, 1, 4, 1000}};

TEST(GgufRope, FactorsGiveTheirNumbersBack) {
  for (const auto& rope : kPublished)
    for (const std::int64_t head : {64, 128, 16}) {
      if (head == 16 && rope.original_length != 8192)
        continue;  // nothing between the ends: the published are taken
      const auto factors = rope.factors(head, 500000);
      const auto found = llama3_rope(factors, 500000, std::nullopt);
      ASSERT_TRUE(found.has_value()) << rope.factor << " " << head;
      EXPECT_EQ(found->factor, rope.factor);
      EXPECT_EQ(found->factors(head, 500000), factors);
      EXPECT_EQ(found->low_freq_factor, rope.low_freq_factor);
      EXPECT_EQ(found->high_freq_factor, rope.high_freq_factor);
      EXPECT_EQ(found->original_length, rope.original_length);
    }
}

TEST(GgufRope, KnownLengthGivesTheOtherTwo) {
  const Llama3Rope rope{8, 2, 8, 8192};
  const auto found = llama3_rope(rope.factors(128, 500000), 500000, 8192);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->low_freq_factor, 2);
  EXPECT_EQ(found->high_freq_factor, 8);
}

TEST(GgufRope, OtherFactorsAreNotGuessedAt) {
  EXPECT_FALSE(llama3_rope({}, 10000, std::nullopt));
  EXPECT_FALSE(llama3_rope({1, 1, 1, 1}, 10000, std::nullopt));
  EXPECT_FALSE(llama3_rope({1, 7, 2, 8}, 10000, std::nullopt));
  EXPECT_FALSE(llama3_rope({NAN, NAN}, 10000, std::nullopt));
  EXPECT_FALSE(llama3_rope({1, 4, 4, 4, 8}, 1, std::nullopt));  // no line, so no length
  EXPECT_FALSE(llama3_rope({1, NAN, 2, 8}, 10000, std::nullopt));
  EXPECT_FALSE(llama3_rope({1, 2, 3, 8}, 1e300, std::nullopt));
}

TEST(GgufRope, FactorsAreThoseOfTheConverter) {
  const Json& example = golden()["rope_freqs"];
  const auto factors = Llama3Rope{32, 1, 4, 8192}.factors(64, 500000);
  const auto expected = floats_of(from_hex(example));
  ASSERT_EQ(factors.size(), expected.size());
  for (std::size_t i = 0; i < factors.size(); ++i) EXPECT_FLOAT_EQ(factors[i], expected[i]) << i;
}

}  // namespace
}  // namespace nudge::gguf
