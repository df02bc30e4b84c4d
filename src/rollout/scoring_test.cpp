#include "rollout/scoring.h"

#include <gtest/gtest.h>

#include <numeric>

#include "model/tiny_config_test.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

// Two groups in turn, one of whose completions is empty, and a prompt that stands alone.
std::vector<Trajectory> groups() {
  return {{.prompt_tokens = {1, 2, 3}, .completion_tokens = {4, 5}},
          {.prompt_tokens = {7}, .completion_tokens = {8, 9, 10, 11}},
          {.prompt_tokens = {1, 2, 3}, .completion_tokens = {}},
          {.prompt_tokens = {1, 2}, .completion_tokens = {3, 4}},
          {.prompt_tokens = {1, 2, 3}, .completion_tokens = {4, 6, 12, 13, 14}},
          {.prompt_tokens = {7}, .completion_tokens = {20}}};
}

std::vector<std::int64_t> all_of(std::span<const Trajectory> trajectories) {
  std::vector<std::int64_t> everything(trajectories.size());
  std::iota(everything.begin(), everything.end(), 0);
  return everything;
}

template <class Score>
Ragged one_by_one(const std::vector<Trajectory>& trajectories, Score score) {
  std::vector<std::vector<float>> result;
  for (const Trajectory& each : trajectories) {
    const Ragged alone = score(std::span(&each, 1));
    result.emplace_back(alone.flat().begin(), alone.flat().end());
  }
  return Ragged::of(result);
}

void expect_near(const Ragged& ours, const Ragged& twin) {
  ASSERT_EQ(ours.lengths(), twin.lengths());
  for (std::int64_t t = 0; t < ours.numbers(); ++t) EXPECT_NEAR(ours.flat()[t], twin.flat()[t], 1e-6);
}

TEST(Scoring, OfGroupsIsThatOfEachCompletionAloneBitForBit) {
  const ModelConfig config = tiny_config(32, 0.3);
  const Decoder policy(config, 1), reference(config, 2);
  const auto value = policy.clone_with_scalar_heads({"value"}, 3);
  const auto trajectories = groups();
  // The whole in one batch, groups cut in two, and one by one.
  for (const std::int64_t budget : {1000, 8, 1}) {
    const auto logprobs = [&](auto these) { return completion_logprobs(policy, these, 0.7, budget); };
    const auto kl = [&](auto these) { return completion_kl(policy, reference, these, 1.0, budget); };
    const auto values = [&](auto these) { return completion_values(*value, these, budget, 3); };
    EXPECT_EQ(logprobs(std::span(trajectories)), one_by_one(trajectories, logprobs));
    expect_near(kl(std::span(trajectories)), one_by_one(trajectories, kl));  // over whole rows of logits
    EXPECT_EQ(values(std::span(trajectories)), one_by_one(trajectories, values));
  }
}

TEST(PackTrajectories, ThePromptOfAGroupStandsOnceAndPredictsEveryFirstToken) {
  const auto trajectories = groups();
  const auto packed = pack_trajectories(trajectories, all_of(trajectories), /*after_end_below=*/2);
  EXPECT_EQ(packed.batch.tokens(), (3 + 2 + 0 + 5) + (1 + 4 + 1) + 4);
  const auto targets = at::tensor({4, 5, 8, 9, 10, 11, -1, 3, 4, 4, 6, 12, 13, 14, 20, -1}, at::kInt);
  EXPECT_TRUE(packed.targets_N.equal(targets));
  const auto predicting = packed.batch.tokens_T.index_select(0, packed.predicting_N);
  EXPECT_TRUE(predicting.equal(at::tensor({3, 4, 7, 8, 9, 10, 3, 2, 3, 3, 4, 6, 12, 13, 7, 20}, at::kInt)));
  EXPECT_EQ(packed.predicting_N[0].item<std::int64_t>(), packed.predicting_N[9].item<std::int64_t>());
}

TEST(TrajectoryBatches, KeepGroupsTogetherUnderTheirIndices) {
  const auto trajectories = groups();
  const std::vector<std::int64_t> chosen = {5, 4, 3, 0, 1};
  EXPECT_EQ(trajectory_batches(trajectories, chosen, 10),
            (std::vector<std::vector<std::int64_t>>{{3, 5, 1}, {4, 0}}));
}

}  // namespace
}  // namespace nudge
