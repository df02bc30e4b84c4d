#include "algorithms/ppo.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "algorithms/small_world_test.h"
#include "base/error.h"
#include "base/json.h"
#include "base/metrics.h"

namespace nudge {
namespace {

PpoOptions small_config() {
  PpoOptions config;
  config.rollout.steps = 12;
  config.rollout.prompts = 16;
  config.num_ppo_epochs = 2;
  config.num_mini_batches = 2;
  config.rollout.max_new_tokens = 8;
  config.rollout.temperature = 1.0;
  config.kl_coef.start = 0;
  config.policy.learning_rate = 2e-2;
  config.value_learning_rate = 1e-2;
  config.schedule.lr_scheduler_type = LrSchedule::constant;
  return config;
}

Ending train(const SmallWorld& world, const PpoOptions& config, const std::string& name,
             const std::function<double(const Trajectory&)>& score = share_of_low_bytes) {
  omp_set_num_threads(1);
  Decoder policy = world.decoder(1);
  const auto reference = policy.clone();
  const auto value = policy.clone_with_scalar_head();
  FunctionReward reward("low", score);
  const RunOptions options{.save_steps = 0, .logging_steps = 1, .seed = 7};
  Run run = world.run(name);
  run.latest();
  return train_ppo({policy, *reference, *value, reward, {}, world.format()}, SmallWorld::prompts(32), config,
                   options, run);
}

// The metrics of each rollout.
std::vector<Json> trained(const SmallWorld& world, const PpoOptions& config, const std::string& name,
                          const std::function<double(const Trajectory&)>& score = share_of_low_bytes) {
  train(world, config, name, score);
  return read_records(world.folder() / name / "metrics.jsonl");
}

TEST(Ppo, LearnsWhatIsRewarded) {
  const SmallWorld world("ppo_learns");
  const auto lines = trained(world, small_config(), "run");
  ASSERT_EQ(lines.size(), 12U);
  EXPECT_GT(lines.back()["objective/scores"].get<double>(),
            lines.front()["objective/scores"].get<double>() + 0.2);
  EXPECT_GT(lines.back()["objective/kl"].get<double>(), 0.1);
}

TEST(Ppo, TheFirstRolloutIsTheReference) {
  const SmallWorld world("ppo_first");
  const auto lines = trained(world, small_config(), "run");
  EXPECT_NEAR(lines.front()["objective/kl"].get<double>(), 0, 1e-4);
  for (const Json& line : lines) EXPECT_LT(line["val/first_ratio_deviation"].get<double>(), 1e-4);
}

TEST(Ppo, AShorterLeashKeepsThePolicyNearer) {
  const SmallWorld world("ppo_leash");
  PpoOptions tight = small_config();
  tight.kl_coef.start = 2;
  const auto free_lines = trained(world, small_config(), "free");
  const auto tight_lines = trained(world, tight, "tight");
  EXPECT_LT(tight_lines.back()["objective/kl"].get<double>(),
            0.5 * free_lines.back()["objective/kl"].get<double>());
}

TEST(Ppo, MicroBatchesDoNotChangeTheResult) {
  const SmallWorld world("ppo_micro");
  PpoOptions config = small_config();
  config.rollout.steps = 2;
  PpoOptions cut = config;
  cut.micro_batch_tokens = 24;
  const auto whole = trained(world, config, "whole"), parts = trained(world, cut, "parts");
  for (const char* name : {"loss/policy_avg", "loss/value_avg", "policy/grad_norm", "objective/scores"}) {
    EXPECT_NEAR(whole.front()[name].get<double>(), parts.front()[name].get<double>(),
                1e-4 * std::max(1.0, std::abs(whole.front()[name].get<double>())))
        << name;
  }
}

TEST(Ppo, AnUnfinishedAnswerPaysThePenalty) {
  const SmallWorld world("ppo_eos");
  PpoOptions config = small_config();
  config.rollout.steps = 1;
  PpoOptions punished = config;
  punished.rollout.missing_eos_penalty = 3;
  const Json free_line = trained(world, config, "free").front(),
             line = trained(world, punished, "punished").front();
  const double unfinished = 1 - line["val/num_eos_tokens"].get<double>() / 16;
  ASSERT_GT(unfinished, 0);
  EXPECT_NEAR(line["objective/rlhf_reward"].get<double>(),
              free_line["objective/rlhf_reward"].get<double>() - 3 * unfinished, 1e-5);
}

TEST(Ppo, WhatCannotBeScoredTakesNoPart) {
  const SmallWorld world("ppo_nan");
  const auto sometimes = [](const Trajectory& trajectory) {
    return trajectory.completion_tokens.front() % 3 == 0 ? std::nan("") : share_of_low_bytes(trajectory);
  };
  const auto lines = trained(world, small_config(), "run", sometimes);
  EXPECT_GT(lines.front()["rewards/unscorable"].get<double>(), 0);
  EXPECT_GT(lines.back()["objective/scores"].get<double>(),
            lines.front()["objective/scores"].get<double>() + 0.1);
  EXPECT_THROW(trained(world, small_config(), "never", [](const Trajectory&) { return std::nan(""); }),
               Error);
  const auto infinite = [](const Trajectory&) { return INFINITY; };
  EXPECT_THROW(trained(world, small_config(), "infinite", infinite), Error);
}

// dead-reward-exit-0
TEST(Ppo, EqualScoresInEveryRolloutEndWithoutAModel) {
  const SmallWorld world("ppo_equal");
  PpoOptions config = small_config();
  config.rollout.steps = 2;
  EXPECT_THROW(trained(world, config, "run", [](const Trajectory&) { return 1.0; }), Error);
  EXPECT_FALSE(exists(world.folder() / "run/final"));
  EXPECT_FALSE(exists(world.folder() / "run/value_model"));
}

TEST(Ppo, TheCriticWarmsUpWithoutThePolicyAndItsSchedule) {
  const SmallWorld world("ppo_warmup");
  PpoOptions config = small_config();
  config.rollout.steps = 3;
  config.critic_warmup = 1;
  config.schedule.lr_scheduler_type = LrSchedule::linear;
  const auto lines = trained(world, config, "run");
  ASSERT_EQ(lines.size(), 3U);
  for (const Json& line : lines) {
    for (const auto& [name, value] : line.items()) {
      const bool not_measured = &line == &lines[0] && name == "policy/grad_norm";
      EXPECT_EQ(value.is_number(), !not_measured) << name << " is " << value;
    }
  }
  EXPECT_EQ(lines[0].size(), lines[2].size());
  EXPECT_NEAR(lines[0]["val/ratio"].get<double>(), 1, 1e-4);
  EXPECT_EQ(lines[0]["lr"].get<double>(), config.policy.learning_rate);  // what its first update will take
  EXPECT_NEAR(lines[1]["objective/kl"].get<double>(), 0, 1e-4);          // the policy has not moved
  EXPECT_GT(lines[2]["objective/kl"].get<double>(), 1e-3);
  // The last of the policy's 8 updates, linear to 0 after it.
  EXPECT_NEAR(lines[2]["lr"].get<double>(), config.policy.learning_rate / 8, 1e-9);
}

TEST(Ppo, NoMetricDependsOnTheCut) {
  const SmallWorld world("ppo_metrics");
  PpoOptions config = small_config();
  config.rollout.steps = 1, config.num_ppo_epochs = 1, config.objective.surrogate.epsilon = 0.01;
  const Json whole = trained(world, config, "whole").front();
  for (const std::int64_t tokens : {12, 40}) {
    config.micro_batch_tokens = tokens;
    const Json cut = trained(world, config, "cut" + std::to_string(tokens)).front();
    for (const auto& [name, value] : whole.items())
      EXPECT_NEAR(cut[name].get<double>(), value.get<double>(), 1e-3) << name << " at " << tokens;
  }
}

// TRL and verl lower the rate once a rollout, whatever its updates.
TEST(Ppo, TheRateCanFallOnceARollout) {
  const SmallWorld world("ppo_rate");
  PpoOptions config = small_config();
  config.rollout.steps = 4;
  config.schedule.lr_scheduler_type = LrSchedule::linear;
  config.lr_scheduler_unit = RateUnit::rollout;
  const auto lines = trained(world, config, "run");
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(lines[i]["lr"].get<double>(), config.policy.learning_rate * (1 - static_cast<double>(i) / 4),
                1e-12);
}

TEST(Ppo, RefusesOptionsThatTrainNothing) {
  const SmallWorld world("ppo_options");
  const auto refused = [&](const auto& change) {
    PpoOptions config = small_config();
    change(config);
    EXPECT_THROW(trained(world, config, "run"), UsageError);
    std::filesystem::remove_all(world.folder() / "run");
  };
  refused([](PpoOptions& config) { config.rollout.steps = 0; });
  refused([](PpoOptions& config) { config.num_ppo_epochs = 0; });
  refused([](PpoOptions& config) { config.num_mini_batches = 0; });
  refused([](PpoOptions& config) { config.num_mini_batches = config.rollout.prompts + 1; });
  refused([](PpoOptions& config) { config.rollout.temperature = 0; });
  refused([](PpoOptions& config) { config.objective.gamma = 1.5; });
  refused([](PpoOptions& config) { config.objective.lambda = -0.1; });
  refused([](PpoOptions& config) { config.objective.surrogate.epsilon = -0.2; });
  refused([](PpoOptions& config) { config.schedule.warmup_steps = -1; });
  refused([](PpoOptions& config) { config.schedule.min_lr_ratio = 2; });
}

TEST(Ppo, AnAdaptiveLeashTightensWhenTheKlIsTooHigh) {
  const SmallWorld world("ppo_adaptive");
  PpoOptions config = small_config();
  config.kl_coef.start = 0.01;
  config.kl_coef.target = 0.01;
  config.kl_coef.horizon = 100;
  const auto lines = trained(world, config, "run");
  EXPECT_GT(lines.back()["objective/kl_coef"].get<double>(),
            lines.front()["objective/kl_coef"].get<double>());
}

// A log is a leaf: the leash steers, and the run stops, with no metric's name left.
TEST(Ppo, NoMetricsNameDecidesAnything) {
  const SmallWorld world("ppo_nameless");
  PpoOptions config = small_config();
  config.kl_coef = {.start = 0.01, .target = 0.01, .horizon = 100};
  config.max_kl = 0.05;
  const Ending named = train(world, config, "named");
  const NamelessMetrics nameless;
  const Ending unnamed = train(world, config, "unnamed");
  EXPECT_LT(named.steps, config.rollout.steps);  // the leash has steered, and the run was stopped
  EXPECT_GT(named.steps, 1);
  EXPECT_EQ(unnamed.steps, named.steps);
  for (const char* file : {"final/model.safetensors", "value_model/model.safetensors"})
    EXPECT_EQ(read_file(world.folder() / "unnamed" / file), read_file(world.folder() / "named" / file))
        << file;
  EXPECT_EQ(read_file(world.folder() / "unnamed/metrics.jsonl").find("objective/"), std::string::npos);
}

}  // namespace
}  // namespace nudge
