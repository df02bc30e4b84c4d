#include "rollout/pair_batch.h"

#include <gtest/gtest.h>

#include "tensor/aten.h"

namespace nudge {
namespace {

// Two prompts; the three answers to the first make three pairs.
PreferenceTokens data() {
  PreferenceTokens tokens;
  tokens.completions = {{.prompt_tokens = {1, 2, 3}, .completion_tokens = {10}},
                        {.prompt_tokens = {1, 2, 3}, .completion_tokens = {11, 12}},
                        {.prompt_tokens = {1, 2, 3}, .completion_tokens = {13, 14, 15}},
                        {.prompt_tokens = {4}, .completion_tokens = {16}},
                        {.prompt_tokens = {4}, .completion_tokens = {17, 18}}};
  tokens.pairs = {{0, 1, 2}, {0, 2, 2}, {1, 2, 2}, {4, 3, 4}};
  return tokens;
}

std::vector<std::int32_t> predicted(const PairBatch& batch) {
  const at::Tensor& ids = batch.packed.targets_N;
  return {ids.const_data_ptr<std::int32_t>(), ids.const_data_ptr<std::int32_t>() + ids.numel()};
}

TEST(PairBatch, PacksEachCompletionOnce) {
  const PreferenceTokens tokens = data();
  const std::vector<std::int64_t> pairs = {0, 1, 2};
  const PairBatch batch = pack_pairs(tokens, pairs, Likely::none, false);
  EXPECT_EQ(batch.completions, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(predicted(batch), (std::vector<std::int32_t>{10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(batch.packed.batch.tokens(), 3 + 1 + 2 + 3) << "and their prompt once";
  EXPECT_EQ(batch.packed.batch.tokens(), packed_tokens(sequences_of(tokens, pairs, Likely::none)));
  const auto values = at::tensor({1.0F, 10.0F, 20.0F, 100.0F, 200.0F, 300.0F});
  EXPECT_TRUE(span_sums(values, batch.chosen).equal(at::tensor({1.0F, 1.0F, 30.0F})));
  EXPECT_TRUE(span_sums(values, batch.rejected).equal(at::tensor({30.0F, 600.0F, 600.0F})));
  EXPECT_TRUE(span_lengths(batch.rejected).equal(at::tensor({2.0F, 3.0F, 3.0F})));
}

TEST(PairBatch, ALikelihoodBringsItsCompletionAndItsPrompt) {
  const PreferenceTokens tokens = data();
  const std::vector<std::int64_t> pairs = {0, 3};
  const PairBatch batch = pack_pairs(tokens, pairs, Likely::best, /*likely_prompt=*/true);
  EXPECT_EQ(batch.completion_tokens, 9);
  EXPECT_EQ(predicted(batch), (std::vector<std::int32_t>{10, 11, 12, 13, 14, 15, 17, 18, 16, 2, 3}));
  const auto ones = at::ones(11);
  EXPECT_TRUE(span_sums(ones, batch.likely).equal(at::tensor({3.0F, 2.0F})));
  EXPECT_TRUE(span_sums(ones, batch.likely_prompt).equal(at::tensor({2.0F, 0.0F})));
}

TEST(SpanSums, SendTheGradientToEveryUseOfAToken) {
  const auto values = at::tensor({1.0F, 2.0F, 3.0F}).requires_grad_();
  const std::vector<TokenSpan> spans = {{0, 2}, {1, 2}, {0, 0}};
  const at::Tensor sums = span_sums(values, spans);
  EXPECT_TRUE(sums.equal(at::tensor({3.0F, 5.0F, 0.0F})));
  (sums * at::tensor({1.0F, 10.0F, 100.0F})).sum().backward();
  EXPECT_TRUE(values.grad().equal(at::tensor({1.0F, 11.0F, 10.0F})));
}

}  // namespace
}  // namespace nudge
