#include "algorithms/grpo.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "algorithms/small_world_test.h"
#include "base/error.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/options.h"

namespace nudge {
namespace {

// GRPO as TRL has it, without a leash.
GrpoOptions small_config() {
  GrpoOptions config;
  config.rollout = {.steps = 12, .prompts = 4, .num_generations = 8, .max_new_tokens = 8};
  config.advantage.scale = RewardScale::group;
  config.leash = {.beta = 0, .kl_in = KlIn::loss, .kl = {.estimator = KlEstimator::k3}};
  config.aggregation.loss_type = LossType::dapo;
  config.num_iterations = 2;
  config.policy.learning_rate = 2e-2;
  config.schedule.lr_scheduler_type = LrSchedule::constant;
  return config;
}

// The metrics of each rollout.
std::vector<Json> logged(const SmallWorld& world, const std::string& name) {
  return read_records(world.folder() / name / "metrics.jsonl");
}

std::vector<Json> trained(const SmallWorld& world, const GrpoOptions& config, const std::string& name,
                          FunctionReward::Function function = share_of_low_bytes) {
  omp_set_num_threads(1);
  Decoder policy = world.decoder(1);
  const auto reference = policy.clone();
  FunctionReward reward("low", std::move(function));
  const RunOptions options{.save_steps = 0, .logging_steps = 1, .seed = 7};
  {
    Run run(world.folder() / name, {}, {.resume = true});
    train_grpo({policy, reference.get(), reward, {}, world.format()}, SmallWorld::prompts(32), config,
               options, run);
  }
  return logged(world, name);
}

// What the error says that ends such a run without a final model.
std::string refusal(const SmallWorld& world, const GrpoOptions& config, const std::string& name,
                    FunctionReward::Function function) {
  std::string said = "nothing";
  try {
    trained(world, config, name, std::move(function));
  } catch (const Error& error) {
    said = error.what();
  }
  EXPECT_FALSE(exists(world.folder() / name / "final")) << said;
  return said;
}

double number(const Json& line, const std::string& name) {
  return line.at(name).get<double>();
}

struct Form {
  std::string name;
  std::function<void(GrpoOptions&)> choose;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all = {
      {"grpo", [](GrpoOptions& c) { c.aggregation.loss_type = LossType::grpo; }},
      {"dr_grpo",
       [](GrpoOptions& c) {
         c.aggregation.loss_type = LossType::dr_grpo, c.advantage.scale = RewardScale::none;
       }},
      {"gspo",
       [](GrpoOptions& c) {
         c.surrogate.level = ImportanceLevel::sequence, c.aggregation.loss_type = LossType::grpo;
       }},
      {"cispo",
       [](GrpoOptions& c) { c.surrogate.surrogate = Surrogate::cispo, c.surrogate.epsilon_high = 5; }},
      {"sapo", [](GrpoOptions& c) { c.surrogate.surrogate = Surrogate::sapo; }},
      {"rloo",
       [](GrpoOptions& c) {
         c.advantage.baseline = Baseline::leave_one_out, c.advantage.scale = RewardScale::none;
         c.surrogate.level = ImportanceLevel::sequence_product, c.aggregation.loss_type = LossType::grpo;
       }},
      {"reinforce",
       [](GrpoOptions& c) {
         c.advantage.baseline = Baseline::none, c.advantage.scale = RewardScale::none,
         c.advantage.normalize = AdvantageNorm::tokens;
         c.rollout.num_generations = 1, c.rollout.prompts = 32;
       }},
      {"gdpo",
       [](GrpoOptions& c) {
         c.multi_objective_aggregation = MultiObjectiveAggregation::normalize_then_sum;
         c.advantage.normalize = AdvantageNorm::sequences;
       }},
      {"remax",
       [](GrpoOptions& c) {
         c.advantage.baseline = Baseline::greedy, c.advantage.scale = RewardScale::none,
         c.rollout.num_generations = 1, c.rollout.prompts = 32;
       }},
  };
  return all;
}

TEST(Grpo, LearnsWhatIsRewardedInEachForm) {
  for (const Form& form : forms()) {
    const SmallWorld world("grpo_learns_" + form.name);
    GrpoOptions config = small_config();
    config.rollout.steps = 24;
    form.choose(config);
    const auto lines = trained(world, config, "run");
    ASSERT_EQ(lines.size(), 24U) << form.name;
    EXPECT_GT(number(lines.back(), "reward"), number(lines.front(), "reward") + 0.15) << form.name;
  }
}

TEST(Grpo, TheFirstRolloutIsTheReferenceAndItsLossIsNothing) {
  const SmallWorld world("grpo_first");
  GrpoOptions config = small_config();
  config.num_iterations = 1;
  config.aggregation.loss_type = LossType::grpo;
  const Json line = trained(world, config, "run").front();
  EXPECT_NEAR(number(line, "objective/kl"), 0, 1e-4);
  EXPECT_LT(number(line, "first_ratio_deviation"), 1e-4);
  EXPECT_NEAR(number(line, "loss"), 0, 1e-5);  // advantages of a group sum to 0, and each ratio is 1
  EXPECT_GT(number(line, "grad_norm"), 1e-3);
}

TEST(Grpo, ALeashKeepsThePolicyNearWhereverItIsTied) {
  const SmallWorld world("grpo_leash");
  GrpoOptions config = small_config();
  const double free_kl = number(trained(world, config, "free").back(), "objective/kl");
  for (const KlIn place : {KlIn::loss, KlIn::sequence_reward, KlIn::token_reward}) {
    config.leash = {.beta = 2,
                    .kl_in = place,
                    .kl = {.estimator = place == KlIn::loss ? KlEstimator::k2 : KlEstimator::k1}};
    const auto lines = trained(world, config, name_of(place));
    EXPECT_LT(number(lines.back(), "objective/kl"), 0.5 * free_kl) << name_of(place);
  }
}

void expect_the_same_numbers(const Json& one, const Json& other, const std::string& of) {
  for (const char* name : {"loss", "grad_norm", "reward", "entropy", "clip_ratio/region_mean"}) {
    EXPECT_NEAR(number(one, name), number(other, name), 1e-4 * std::max(1.0, std::abs(number(one, name))))
        << of << " " << name;
  }
}

TEST(Grpo, MicroBatchesDoNotChangeTheResult) {
  std::vector<Form> cut_forms = forms();
  for (const LossType type : {LossType::dapo, LossType::grpo, LossType::dr_grpo, LossType::luspo})
    cut_forms.push_back({name_of(type), [type](GrpoOptions& c) { c.aggregation.loss_type = type; }});
  for (const KlEstimator estimator : {KlEstimator::k3, KlEstimator::exact}) {
    cut_forms.push_back({name_of(estimator), [estimator](GrpoOptions& c) {
                           c.leash.beta = 0.5, c.leash.kl.estimator = estimator;
                         }});
  }
  for (const Form& form : cut_forms) {
    const SmallWorld world("grpo_micro");
    GrpoOptions config = small_config();
    config.rollout.steps = 1;
    form.choose(config);
    GrpoOptions cut = config;
    cut.micro_batch_tokens = 24;
    expect_the_same_numbers(trained(world, config, "whole").front(), trained(world, cut, "cut").front(),
                            form.name);
  }
}

// With a learning rate of 0 every pass over a rollout sees the same policy and the same samples, in an order
// and in micro-batches of its own.
TEST(Grpo, TheOrderOfSamplesDoesNotChangeTheResult) {
  for (const Form& form : forms()) {
    const SmallWorld world("grpo_order");
    GrpoOptions config = small_config();
    config.rollout.steps = 1;
    config.policy.learning_rate = 0;
    config.micro_batch_tokens = 40;
    form.choose(config);
    config.num_iterations = 1;
    GrpoOptions again = config;
    again.num_iterations = 5;
    expect_the_same_numbers(trained(world, config, "once").front(),
                            trained(world, again, "five_orders").front(), form.name);
  }
}

TEST(Grpo, TheSameSeedGivesTheSameBytes) {
  const SmallWorld world("grpo_seed");
  trained(world, small_config(), "one");
  trained(world, small_config(), "two");
  for (const char* file : {"metrics.jsonl", "samples/rollouts.jsonl", "final/model.safetensors"}) {
    EXPECT_EQ(read_file(world.folder() / "one" / file), read_file(world.folder() / "two" / file)) << file;
  }
}

// The log is a leaf: with every name gone from it max_kl still ends the run, at the same rollout.
TEST(Grpo, TrainsTheSameWhereNoMetricHasAName) {
  const SmallWorld world("grpo_nameless");
  GrpoOptions config = small_config();
  config.leash.max_kl = 0.02;
  const auto named = trained(world, config, "named");
  EXPECT_GT(named.size(), 1U);
  EXPECT_LT(named.size(), 12U);
  {
    const NamelessMetrics nameless;
    trained(world, config, "nameless");
  }
  for (const char* file : {"samples/rollouts.jsonl", "final/model.safetensors"})
    EXPECT_EQ(read_file(world.folder() / "named" / file), read_file(world.folder() / "nameless" / file))
        << file;
}

TEST(Grpo, WhatCannotBeScoredCountsForNothing) {
  const SmallWorld world("grpo_nan");
  GrpoOptions config = small_config();
  config.rollout.steps = 24;
  const auto sometimes = [](const Trajectory& trajectory) {
    return trajectory.completion_tokens.front() % 3 == 0 ? std::nan("") : share_of_low_bytes(trajectory);
  };
  const auto lines = trained(world, config, "run", sometimes);
  const double lost = number(lines.front(), "rewards/unscorable");
  EXPECT_GT(lost, 0);
  EXPECT_NEAR(number(lines.front(), "completions/active_ratio"), 1 - lost, 1e-9);
  EXPECT_GT(number(lines.back(), "reward"), number(lines.front(), "reward") + 0.1);
}

// dead-reward-exit-0: such runs ended well, with a final model that was the first.
TEST(Grpo, ARewardThatNeverScoresEndsTheRunAfterItsFirstRollout) {
  const SmallWorld world("grpo_dead");
  std::int64_t asked = 0;
  const auto never = [&](const Trajectory&) { return ++asked, std::nan(""); };
  const std::string said = refusal(world, small_config(), "run", never);
  EXPECT_EQ(said, "grpo: the reward low could score 0 of 32 completions; try it alone with nudge score.");
  EXPECT_EQ(asked, 32);
}

TEST(Grpo, ARewardThatDiesLaterEndsTheRunWithACheckpointThatGoesOn) {
  const SmallWorld world("grpo_dies");
  GrpoOptions config = small_config();
  config.rollout.steps = 6;
  std::int64_t asked = 0;
  const auto dies = [&](const Trajectory& trajectory) {
    return ++asked > 2 * 32 ? std::nan("") : share_of_low_bytes(trajectory);
  };
  const std::string said = refusal(world, config, "run", dies);
  EXPECT_NE(said.find("as in the 2 rollouts before"), std::string::npos) << said;
  EXPECT_EQ(asked, 5 * 32);
  EXPECT_TRUE(exists(world.folder() / "run/checkpoints/step-4"));
  EXPECT_EQ(trained(world, config, "run").size(), 6U);
  EXPECT_TRUE(exists(world.folder() / "run/final"));
}

TEST(Grpo, EqualRewardsInEveryRolloutEndWithoutAModel) {
  const SmallWorld world("grpo_equal");
  GrpoOptions config = small_config();
  config.rollout.steps = 2;
  const std::string said = refusal(world, config, "run", [](const Trajectory&) { return 1.0 / 3; });
  EXPECT_NE(said.find("nothing was learned"), std::string::npos) << said;
}

// One answer that could be scored is not a group of equal rewards.
TEST(Grpo, ALoneScoreIsNoGroupOfEqualRewards) {
  const SmallWorld world("grpo_lone");
  GrpoOptions config = small_config();
  config.rollout.steps = 1, config.rollout.prompts = 2, config.rollout.num_generations = 2;
  int call = 0;
  const auto first_of_each = [&](const Trajectory&) { return call++ % 2 == 0 ? 0.5 : std::nan(""); };
  EXPECT_NE(refusal(world, config, "lone", first_of_each),
            "nothing");  // nothing can be learned from it either
  EXPECT_EQ(number(logged(world, "lone").front(), "frac_reward_zero_std"), 0);
  refusal(world, config, "equal", [](const Trajectory&) { return 0.5; });
  EXPECT_EQ(number(logged(world, "equal").front(), "frac_reward_zero_std"), 1);
}

// Every number of a line, whatever the micro-batches.
TEST(Grpo, NoMetricDependsOnTheCut) {
  const SmallWorld world("grpo_metrics");
  GrpoOptions config = small_config();
  config.rollout.steps = 2, config.leash.beta = 0.1;
  config.surrogate.epsilon = 0.01;
  const auto whole = trained(world, config, "whole");
  for (const std::int64_t tokens : {24, 60, 200}) {
    config.micro_batch_tokens = tokens;
    const auto cut = trained(world, config, "cut" + std::to_string(tokens));
    for (const auto& [name, value] : whole.front().items())
      EXPECT_NEAR(value.get<double>(), number(cut.front(), name), 2e-4) << name << " at " << tokens;
  }
}

// TRL divides an update's sum by the rollout's tokens over its updates: the losses of a rollout's updates
// then add up to the mean over all of its tokens. With a learning rate of 0 that is the loss of one update.
TEST(Grpo, TokensOfTheRolloutCanBeTheDivisor) {
  const SmallWorld world("grpo_divisor");
  GrpoOptions config = small_config();
  config.rollout.steps = 1, config.num_iterations = 1, config.policy.learning_rate = 0;
  config.advantage.scale = RewardScale::none, config.advantage.baseline = Baseline::none;
  const double whole = number(trained(world, config, "whole").front(), "loss");
  config.steps_per_generation = 3;
  const double of_updates = number(trained(world, config, "updates").front(), "loss");
  config.aggregation.token_mean = TokenMean::rollout;
  const double of_rollout = number(trained(world, config, "rollout").front(), "loss");
  EXPECT_NEAR(of_rollout, whole, 1e-5);
  EXPECT_GT(std::abs(of_updates - whole), 1e-4);
}

TEST(Grpo, DynamicSamplingKeepsOnlyGroupsThatDisagree) {
  const SmallWorld world("grpo_dynamic");
  GrpoOptions config = small_config();
  config.rollout.steps = 2;
  config.rollout.num_generations = 2;
  config.dynamic_sampling = true;
  config.dynamic_sampling_budget = 6;
  const auto rarely = [](const Trajectory& trajectory) {
    return trajectory.completion_tokens.front() % 4 == 0 ? 1.0 : 0.0;
  };
  for (const Json& line : trained(world, config, "run", rarely)) {
    EXPECT_EQ(number(line, "frac_reward_zero_std"), 0);
    EXPECT_LT(number(line, "dynamic_sampling/kept_ratio"), 1);
  }
  const auto always = [](const Trajectory&) { return 1.0; };  // the budget ends each rollout
  EXPECT_NE(refusal(world, config, "always", always).find("nothing was learned"), std::string::npos);
}

TEST(Grpo, TruncatedCompletionsCanBeLeftOut) {
  const SmallWorld world("grpo_truncated");
  GrpoOptions config = small_config();
  config.rollout.steps = 1;
  config.mask_truncated_completions = true;
  const Json line = trained(world, config, "run").front();
  EXPECT_GT(number(line, "completions/clipped_ratio"), 0);
  EXPECT_NEAR(number(line, "completions/active_ratio"), 1 - number(line, "completions/clipped_ratio"), 1e-9);
}

TEST(Grpo, RefusesChoicesThatContradictEachOther) {
  const SmallWorld world("grpo_refuses");
  GrpoOptions config = small_config();
  config.rollout.num_generations = 1;
  EXPECT_THROW(trained(world, config, "lonely"), UsageError);
  Options options("grpo", "Trains.");
  declare(options, config);
  const std::vector<std::string> arguments = {"--loss_type", "cispo"};
  EXPECT_THROW(options.parse(arguments), UsageError);
}

// Each would run, and do something else than it says.
TEST(Grpo, RefusesWhatCannotBe) {
  const double nan = std::nan("");
  const auto gdpo = [](GrpoOptions& c) {
    c.multi_objective_aggregation = MultiObjectiveAggregation::normalize_then_sum;
    c.advantage.normalize = AdvantageNorm::sequences;
  };
  const std::vector<Form> impossible = {
      {"--steps_per_generation", [](GrpoOptions& c) { c.steps_per_generation = 0; }},
      {"--num_iterations", [](GrpoOptions& c) { c.num_iterations = 0; }},
      {"--num_generations",
       [](GrpoOptions& c) {
         c.rollout.num_generations = 0, c.advantage.baseline = Baseline::none,
         c.advantage.scale = RewardScale::none;
       }},
      {"--rollout_batch_size", [](GrpoOptions& c) { c.rollout.prompts = 0; }},
      {"--dynamic_sampling_budget",
       [](GrpoOptions& c) { c.dynamic_sampling = true, c.dynamic_sampling_budget = 0; }},
      {"--reward_clip_range", [](GrpoOptions& c) { c.reward_clip_range = {1, -1}; }},
      {"--advantage_clip_range", [](GrpoOptions& c) { c.advantage.clip_range = {5, 4}; }},
      {"--advantage_clip_range", [=](GrpoOptions& c) { c.advantage.clip_range = {nan, 4}; }},
      {"--epsilon", [](GrpoOptions& c) { c.surrogate.epsilon = -0.1; }},
      {"--epsilon_high", [](GrpoOptions& c) { c.surrogate.epsilon_high = -0.1; }},
      {"--beta", [=](GrpoOptions& c) { c.leash.beta = nan; }},
      {"--baseline greedy", [=](GrpoOptions& c) { gdpo(c), c.advantage.baseline = Baseline::greedy; }},
      {"--scale_rewards none", [=](GrpoOptions& c) { gdpo(c), c.advantage.scale = RewardScale::none; }},
      {"--normalize_advantages none",
       [=](GrpoOptions& c) { gdpo(c), c.advantage.normalize = AdvantageNorm::none; }},
      {"--kl_in sequence_reward",
       [=](GrpoOptions& c) { gdpo(c), c.leash = {.beta = 1, .kl_in = KlIn::sequence_reward}; }},
      {"--reward_clip_range", [=](GrpoOptions& c) { gdpo(c), c.reward_clip_range = {-1, 1}; }},
      {"--overlong_buffer", [](GrpoOptions& c) { c.overlong_buffer = c.rollout.max_new_tokens + 1; }},
  };
  for (const Form& form : impossible) {
    const SmallWorld world("grpo_impossible");
    GrpoOptions config = small_config();
    config.rollout.steps = 1;
    form.choose(config);
    try {
      trained(world, config, "run");
      ADD_FAILURE() << form.name << " was accepted";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(form.name), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace nudge
