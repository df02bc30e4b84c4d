#include "algorithms/grpo_objective.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/metrics.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

// Values by the conventions of other programs are in verify/replay_test.cpp; here is what they do not have.

Trajectory answer(double score, std::size_t tokens, bool ended) {
  Trajectory trajectory;
  trajectory.score = score;
  trajectory.completion_tokens.resize(tokens);
  trajectory.ended = ended;
  return trajectory;
}

TEST(GrpoObjective, ARewardPaysForItsLengthAndForNotEndingAndIsClippedLast) {
  GrpoOptions grpo;
  grpo.rollout.max_new_tokens = 10;
  grpo.rollout.missing_eos_penalty = 1;
  grpo.overlong_buffer = 4;
  grpo.overlong_penalty_factor = 2;
  EXPECT_EQ(shaped_reward(answer(3, 6, true), grpo), 3);
  EXPECT_EQ(shaped_reward(answer(3, 8, true), grpo), 3 - 2 * 0.5);
  EXPECT_EQ(shaped_reward(answer(3, 10, false), grpo), 3 - 1 - 2);
  grpo.reward_clip_range = {0.5, 2.5};
  EXPECT_EQ(shaped_reward(answer(3, 6, true), grpo), 2.5);
  EXPECT_EQ(shaped_reward(answer(3, 10, false), grpo), 0.5);
  EXPECT_TRUE(std::isnan(shaped_reward(answer(NAN, 6, true), grpo)));
}

std::vector<Trajectory> answers(const std::vector<double>& scores) {
  std::vector<Trajectory> all;
  for (const double score : scores) all.push_back(answer(score, 4, true));
  return all;
}

TEST(GrpoObjective, WhatHasNoAdvantageStaysOutOrGetsNoneAndOthersAreClipped) {
  GrpoOptions grpo;
  grpo.rollout.num_generations = 3;
  grpo.advantage.clip_range = {-1, 1};
  const auto three = answers({0, 4, NAN});
  const Comparison left_out = compare_completions(three, {}, {}, grpo);
  EXPECT_TRUE(left_out.told_apart);
  EXPECT_EQ(left_out.advantages[0], -1);
  EXPECT_EQ(left_out.advantages[1], 1);
  EXPECT_TRUE(std::isnan(left_out.advantages[2]));
  grpo.advantage.unscorable = Unscorable::zero;
  EXPECT_EQ(compare_completions(three, {}, {}, grpo).advantages[2], 0);
  EXPECT_FALSE(compare_completions(answers({0.1, 0.1, 0.1}), {}, {}, grpo).told_apart);
}

TEST(GrpoObjective, GroupsOfEqualRewardsAreFlatAndOneAloneIsNot) {
  GrpoOptions grpo;
  grpo.rollout.num_generations = 2;
  const auto eight = answers({0.1, 0.1, 0, 4, 1, NAN, NAN, NAN});
  EXPECT_EQ(compare_completions(eight, {}, {}, grpo).flat_share, 0.25);
  const auto mixed = [&](std::size_t group) {
    return is_mixed(std::span(eight).subspan(2 * group, 2), grpo);
  };
  EXPECT_FALSE(mixed(0));
  EXPECT_TRUE(mixed(1));
  EXPECT_FALSE(mixed(2));
  EXPECT_FALSE(mixed(3));
}

TEST(GrpoObjective, AKlOfTheCompletionIsTakenFromItsReward) {
  GrpoOptions grpo;
  grpo.rollout.num_generations = 2;
  grpo.leash = {.beta = 2, .kl_in = KlIn::sequence_reward};
  const Ragged kl = Ragged::of(std::vector<std::vector<float>>{{0.5, 0.25}, {1}});
  const Comparison compared = compare_completions(answers({3, 3}), {}, kl, grpo);
  EXPECT_EQ(compared.rewards, (std::vector<double>{1.5, 1}));
  EXPECT_EQ(compared.advantages, (std::vector<double>{0.25, -0.25}));
}

// Two rewards, those of weight 0 that only watch, and what shapes them.
GrpoOptions each_reward_alone() {
  GrpoOptions grpo;
  grpo.rollout.num_generations = 2;
  grpo.multi_objective_aggregation = MultiObjectiveAggregation::normalize_then_sum;
  grpo.advantage.scale = RewardScale::group;
  grpo.advantage.normalize = AdvantageNorm::sequences;
  return grpo;
}

Trajectory answer(std::vector<ScoreTerm> terms, std::size_t tokens = 4, bool ended = true) {
  double score = NAN;
  for (const ScoreTerm& term : terms)
    if (!std::isnan(term.score)) score = (std::isnan(score) ? 0 : score) + term.weight * term.score;
  Trajectory trajectory = answer(score, tokens, ended);
  trajectory.terms = std::move(terms);
  return trajectory;
}

// A slow twin: each reward alone by the advantages of GRPO, then weighed, added up and normalised by hand.
TEST(GrpoObjective, EachRewardAloneIsGrpoOfEachAddedUp) {
  GrpoOptions grpo = each_reward_alone();
  grpo.rollout.num_generations = 3;
  const std::vector<std::vector<double>> rewards = {{0, 1, 1, 0.5, 0.25, 0}, {100, -20, 5, 6, 6, 90}};
  const std::vector<double> weights = {1, 0.25};
  std::vector<Trajectory> six;
  std::vector<double> sums(6);
  for (std::size_t i = 0; i < 6; ++i)
    six.push_back(answer({{rewards[0][i], weights[0]}, {rewards[1][i], weights[1]}}));
  for (std::size_t k = 0; k < 2; ++k) {
    const auto alone = group_advantages(rewards[k], {}, 3, grpo.advantage);
    for (std::size_t i = 0; i < 6; ++i) sums[i] += weights[k] * alone[i];
  }
  normalize(sums, grpo.advantage.epsilon);
  const Comparison compared = compare_completions(six, {}, {}, grpo);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(compared.advantages[i], sums[i], 1e-12);
  EXPECT_EQ(compared.rewards[0], 25);
}

// The sums are equal and the parts are not: for GRPO nothing, for GDPO something.
TEST(GrpoObjective, EqualSumsOfDifferentRewardsTeachWhereEachIsAlone) {
  GrpoOptions grpo = each_reward_alone();
  const std::vector<Trajectory> two = {answer({{1, 1}, {0, 2}}), answer({{0, 1}, {0.5, 2}})};
  EXPECT_TRUE(is_mixed(two, grpo));
  const Comparison alone = compare_completions(two, {}, {}, grpo);
  EXPECT_TRUE(alone.told_apart);
  EXPECT_LT(alone.advantages[0], -0.5);  // the second reward weighs twice as much
  EXPECT_EQ(alone.flat_share, 0);
  grpo.multi_objective_aggregation = MultiObjectiveAggregation::sum_then_normalize;
  EXPECT_FALSE(is_mixed(two, grpo));
  EXPECT_FALSE(compare_completions(two, {}, {}, grpo).told_apart);
  EXPECT_EQ(compare_completions(two, {}, {}, grpo).flat_share, 1);
}

TEST(GrpoObjective, ARewardThatWeighsNothingTellsNothingApart) {
  const GrpoOptions grpo = each_reward_alone();
  const std::vector<Trajectory> two = {answer({{1, 1}, {7, 0}}), answer({{1, 1}, {8, 0}})};
  EXPECT_FALSE(is_mixed(two, grpo));
  const Comparison compared = compare_completions(two, {}, {}, grpo);
  EXPECT_FALSE(compared.told_apart);
  EXPECT_EQ(compared.flat_share, 1);
}

TEST(GrpoObjective, WhatNoRewardCouldScoreTakesNoPartWhereEachIsAlone) {
  GrpoOptions grpo = each_reward_alone();
  grpo.rollout.num_generations = 3;
  const std::vector<Trajectory> three = {answer({{1, 1}, {NAN, 1}}), answer({{0, 1}, {2, 1}}),
                                         answer({{NAN, 1}, {NAN, 1}})};
  const auto advantages = compare_completions(three, {}, {}, grpo).advantages;  // the second reward is alone
  EXPECT_GT(advantages[0], 0.5);
  EXPECT_NEAR(advantages[0], -advantages[1], 1e-12);
  EXPECT_TRUE(std::isnan(advantages[2]));
}

// A reward that is no sum is its only part, so GDPO is GRPO, normalised once more.
TEST(GrpoObjective, WhatShapesARewardIsOneMoreOfThem) {
  GrpoOptions grpo = each_reward_alone();
  grpo.rollout.missing_eos_penalty = 0.1;
  const std::vector<Trajectory> two = {answer(5, 4, true), answer(5, 4, false)};
  const Comparison compared = compare_completions(two, {}, {}, grpo);
  EXPECT_EQ(compared.rewards, (std::vector<double>{5, 4.9}));
  EXPECT_GT(compared.advantages[0], 0.5);
  EXPECT_EQ(compared.flat_share, 0);
  EXPECT_FALSE(is_mixed(two, grpo));  // dynamic sampling asks for scores, not for what shapes them
  grpo.rollout.missing_eos_penalty.reset();
  EXPECT_FALSE(compare_completions(two, {}, {}, grpo).told_apart);
}

// Dynamic sampling may leave a rollout empty.
TEST(GrpoObjective, NothingIsComparedWithNothing) {
  EXPECT_TRUE(compare_completions({}, {}, {}, each_reward_alone()).advantages.empty());
  EXPECT_TRUE(compare_completions({}, {}, {}, GrpoOptions()).advantages.empty());
}

TEST(GrpoObjective, AKlThatIsNotOfTheTokensLeavesThemAlone) {
  GrpoOptions grpo;
  grpo.leash = {.beta = 2, .kl_in = KlIn::loss};
  const std::vector<double> advantages = {1.5, NAN};
  const std::vector<std::int64_t> lengths = {2, 0};
  const Ragged kl = Ragged::of(std::vector<std::vector<float>>{{0.5, 0.25}, {NAN}});
  const Ragged each = token_advantages(advantages, lengths, kl, grpo);
  for (const float token : each.flat()) EXPECT_EQ(token, 1.5);
  grpo.leash.kl_in = KlIn::token_reward;
  const Ragged leashed = token_advantages(advantages, lengths, kl, grpo);
  EXPECT_EQ(leashed.flat()[0], 1.5 - 2 * 0.75);
  EXPECT_EQ(leashed.flat()[1], 1.5 - 2 * 0.25);
}

// No reference: there is no KL to log, and nothing that could be its gradient.
TEST(GrpoObjective, TheLossSaysWhatItKnows) {
  GrpoOptions grpo;
  grpo.leash.beta = 0;
  const at::Tensor now = at::tensor({0.5, 0.0, 0.0}).requires_grad_(), zeros = at::zeros({3});
  const LossSum loss = grpo_loss({.logprobs_N = now,
                                  .entropies_N = at::ones({3}),
                                  .old_logprobs_N = zeros,
                                  .advantages_N = at::ones({3})},
                                 Completions(std::vector<std::int64_t>{2, 1}), {}, grpo);
  EXPECT_EQ(loss.count, 2);
  std::map<std::string, double> said;
  for (const auto& [name, value] : loss.metrics.values()) said[name] = value;
  EXPECT_FALSE(said.contains("kl"));
  EXPECT_EQ(said["entropy"], 1);
  EXPECT_NEAR(said["clip_ratio/high_mean"], 1.0 / 3, 1e-12);
  EXPECT_EQ(said["clip_ratio/high_max"], 0.5);  // of the first completion's tokens
  EXPECT_EQ(said["clip_ratio/low_min"], 0);
}

}  // namespace
}  // namespace nudge
