#include "tensor/packed_batch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace nudge {
namespace {

TEST(Pack, LaysSequencesEndToEnd) {
  const auto batch = pack(std::vector<std::vector<std::int32_t>>{{5, 6, 7}, {8}, {9, 10}});
  EXPECT_TRUE(at::equal(batch.tokens_T, at::tensor({5, 6, 7, 8, 9, 10}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.positions_T, at::tensor({0, 1, 2, 0, 0, 1}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.sequence_starts_B1, at::tensor({0, 3, 4, 6}, at::kInt)));
  EXPECT_TRUE(at::equal(batch.last_tokens_B(), at::tensor({2, 3, 5}, at::kLong)));
  EXPECT_EQ(batch.tokens(), 6);
  EXPECT_EQ(batch.sequences(), 3);
}

TEST(Pack, RefusesNothingAndEmptySequences) {
  EXPECT_THROW(pack({}), Error);
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
  EXPECT_TRUE(micro_batches({}, 64).empty());
}

TEST(MicroBatches, OfChosenMembersHoldTheirIndices) {
  const std::vector<std::int64_t> chosen = {7, 3, 5};
  const auto batches = micro_batches(chosen, 10, [](std::int64_t index) { return index; });
  EXPECT_EQ(batches, (std::vector<std::vector<std::int64_t>>{{3, 5}, {7}}));
}

}  // namespace
}  // namespace nudge
