#include "tensor/packed_batch.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

TEST(Pack, LaysSequencesEndToEnd) {
  const auto batch = pack(std::vector<std::vector<std::int32_t>>{{5, 6, 7}, {8}, {9, 10}});
  EXPECT_TRUE(at::equal(batch.tokens_T, at::tensor({5, 6, 7, 8, 9, 10}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.positions_T, at::tensor({0, 1, 2, 0, 0, 1}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.segment_starts_C1, at::tensor({0, 3, 4, 6}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.group_starts_G1, at::tensor({0, 1, 2, 3}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.last_tokens_B(), at::tensor({2, 3, 5}, at::kLong)));
  EXPECT_EQ(batch.tokens(), 6);
  EXPECT_EQ(batch.sequences.size(), 3);
}

using Tokens = std::vector<std::int32_t>;

// Two prompts in turn, the first with an answer that is empty; and one that stands alone.
const std::vector<std::pair<Tokens, Tokens>> kAnswers = {
    {{1, 2}, {10, 11}}, {{3}, {12}}, {{1, 2}, {}}, {{1, 2, 3}, {13, 14}}, {{3}, {15, 16}}, {{1, 2}, {17}}};

std::vector<PromptedSequence> answers() {
  std::vector<PromptedSequence> sequences;
  for (const auto& [prompt, completion] : kAnswers) sequences.push_back({prompt, completion});
  return sequences;
}

TEST(Pack, LaysAPromptOnceAheadOfItsCompletions) {
  const auto batch = pack(answers());
  EXPECT_TRUE(
      at::equal(batch.tokens_T, at::tensor({1, 2, 10, 11, 17, 3, 12, 15, 16, 1, 2, 3, 13, 14}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.positions_T, at::tensor({0, 1, 2, 3, 2, 0, 1, 1, 2, 0, 1, 2, 3, 4}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.segment_starts_C1, at::tensor({0, 2, 4, 4, 5, 6, 7, 9, 14}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.group_starts_G1, at::tensor({0, 4, 7, 8}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.last_tokens_B(), at::tensor({3, 6, 1, 13, 8, 4}, at::kLong)));
}

TEST(Pack, SaysWhereEachTokenLies) {
  const auto batch = pack(answers());
  for (std::size_t b = 0; b < kAnswers.size(); ++b) {
    Tokens whole = kAnswers[b].first, found;
    whole.insert(whole.end(), kAnswers[b].second.begin(), kAnswers[b].second.end());
    for (std::int64_t t = 0; t < std::ssize(whole); ++t) {
      const std::int64_t row = batch.row(static_cast<std::int64_t>(b), t);
      found.push_back(batch.tokens_T[row].item<std::int32_t>());
      EXPECT_EQ(batch.positions_T[row].item<std::int64_t>(), t);
    }
    EXPECT_EQ(found, whole);
  }
}

TEST(Pack, SequencesWithoutAPromptShareNothing) {
  EXPECT_EQ(pack(std::vector<Tokens>{{1, 2}, {1, 2}}).tokens(), 4);
}

TEST(Pack, RefusesNothingAndEmptySequences) {
  EXPECT_THROW(pack(std::vector<Tokens>()), Error);
  EXPECT_THROW(pack(std::vector<std::vector<std::int32_t>>{{1}, {}}), Error);
}

TEST(MicroBatches, KeepTheBudgetAndEveryIndex) {
  const std::vector<std::int64_t> lengths{7, 120, 3, 3, 64, 30, 31, 1};
  const auto batches = micro_batches(lengths, 64);
  std::set<std::int64_t> seen;
  std::int64_t previous = 0;
  for (const auto& batch : batches) {
    std::int64_t tokens = 0;
    for (const auto index : batch) {
      EXPECT_TRUE(seen.insert(index).second);
      EXPECT_GE(lengths[index], previous) << "sorted by length";
      previous = lengths[index];
      tokens += lengths[index];
    }
    EXPECT_TRUE(tokens <= 64 || batch.size() == 1);
  }
  EXPECT_EQ(seen.size(), lengths.size());
  EXPECT_TRUE(micro_batches(std::vector<std::int64_t>(), 64).empty());
}

TEST(MicroBatches, KeepAPromptsSequencesTogetherAndCountItOnce) {
  using Batches = std::vector<std::vector<std::int64_t>>;
  EXPECT_EQ(micro_batches(answers(), 14), (Batches{{1, 4, 0, 2, 5, 3}}));
  EXPECT_EQ(micro_batches(answers(), 9), (Batches{{1, 4, 0, 2, 5}, {3}}));
  EXPECT_EQ(micro_batches(answers(), 4), (Batches{{5}, {0, 2}, {1, 4}, {3}}))
      << "cut where the budget is too small";
  EXPECT_EQ(micro_batches(answers(), 1), (Batches{{2}, {1}, {5}, {4}, {0}, {3}}));
}

TEST(MicroBatches, OfChosenMembersHoldTheirIndices) {
  const std::vector<std::int64_t> chosen = {7, 3, 5};
  const auto batches = micro_batches(chosen, 10, [](std::int64_t index) { return index; });
  EXPECT_EQ(batches, (std::vector<std::vector<std::int64_t>>{{3, 5}, {7}}));
}

}  // namespace
}  // namespace nudge
