#include "algorithms/online_dpo.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <functional>
#include <map>

#include "algorithms/small_world_test.h"
#include "base/error.h"
#include "base/json.h"
#include "base/metrics.h"

namespace nudge {
namespace {

OnlineDpoOptions small_config() {
  OnlineDpoOptions config;
  config.rollout.steps = 6;
  config.rollout.prompts = 16;
  config.rollout.max_new_tokens = 8;
  config.rollout.temperature = 1;
  config.policy.learning_rate = 2e-2;
  config.schedule.lr_scheduler_type = LrSchedule::constant;
  return config;
}

// One start of a run, which goes on from its newest checkpoint.
void start(const SmallWorld& world, const OnlineDpoOptions& config, const std::string& name,
           FunctionReward::Function function, bool resume = false) {
  omp_set_num_threads(1);
  Decoder policy = world.decoder(1);
  const auto reference = policy.clone();
  FunctionReward reward("low", std::move(function));
  const RunOptions options{.save_steps = 2, .logging_steps = 1, .seed = 7};
  Run run(world.folder() / name, {}, {.resume = resume});
  train_online_dpo({policy, *reference, reward, {}, world.format()}, SmallWorld::prompts(32), config, options,
                   run);
}

std::vector<Json> trained(const SmallWorld& world, const OnlineDpoOptions& config, const std::string& name,
                          FunctionReward::Function function = share_of_low_bytes) {
  start(world, config, name, std::move(function));
  return read_records(world.folder() / name / "metrics.jsonl");
}

void expect_same_files(const SmallWorld& world, const std::string& one, const std::string& two) {
  for (const char* file : {"metrics.jsonl", "samples/rollouts.jsonl", "final/model.safetensors"})
    EXPECT_EQ(read_file(world.folder() / one / file), read_file(world.folder() / two / file)) << file;
}

TEST(OnlineDpo, LearnsWhatIsRewarded) {
  const SmallWorld world("online_dpo_learns");
  for (const OnlineDpoLoss loss : {OnlineDpoLoss::sigmoid, OnlineDpoLoss::hinge}) {
    OnlineDpoOptions config = small_config();
    config.rollout.steps = 24;
    config.loss_type = loss;
    const auto lines = trained(world, config, name_of(loss));
    ASSERT_EQ(lines.size(), 24U);
    EXPECT_GT(lines.back()["objective/scores"], lines.front()["objective/scores"].get<double>() + 0.15)
        << name_of(loss);
  }
}

TEST(OnlineDpo, StartsAtTheReference) {
  const SmallWorld world("online_dpo_start");
  Json first = trained(world, small_config(), "run").front();
  EXPECT_NEAR(first["loss"], std::log(2), 1e-4);
  EXPECT_NEAR(first["objective/kl"], 0, 1e-4);
  EXPECT_NEAR(first["rewards/margins"], 0, 1e-4);
  EXPECT_GT(first["objective/scores_margin"], 0);  // chosen is the better answer
}

// One prompt a rollout, so that the loss is that of one pair; its rewards are beta times log-ratios summed
// over tokens.
TEST(OnlineDpo, EachLossIsThatOfItsFormula) {
  const SmallWorld world("online_dpo_losses");
  OnlineDpoOptions config = small_config();
  config.rollout.prompts = 1;
  config.beta = 0.5;
  config.policy.learning_rate = 5e-2;
  const double beta = config.beta;
  const std::map<OnlineDpoLoss, std::function<double(double)>> formulas = {
      {OnlineDpoLoss::sigmoid, [=](double margin) { return std::log1p(std::exp(-beta * margin)); }},
      {OnlineDpoLoss::hinge, [=](double margin) { return std::max(0.0, 1 - beta * margin); }},
      {OnlineDpoLoss::ipo, [=](double margin) { return std::pow(margin - 1 / (2 * beta), 2); }},
  };
  for (const auto& [loss, formula] : formulas) {
    config.loss_type = loss;
    double widest = 0;
    for (Json& line : trained(world, config, name_of(loss))) {
      if (line["pairs"] == 0) continue;
      const double margin = line["rewards/margins"].get<double>() / beta;
      widest = std::max(widest, std::abs(margin));
      EXPECT_NEAR(line["loss"], formula(margin), 1e-4) << name_of(loss);
    }
    EXPECT_GT(widest, 0.1) << name_of(loss) << " was only seen at the reference";
  }
}

TEST(OnlineDpo, TheSameSeedGivesTheSameBytes) {
  const SmallWorld world("online_dpo_seed");
  trained(world, small_config(), "one");
  trained(world, small_config(), "two");
  expect_same_files(world, "one", "two");
}

// An error of a reward is a score less; this is none.
struct PowerCut {};

TEST(OnlineDpo, KilledAndResumedItEndsWithTheSameBytes) {
  const SmallWorld world("online_dpo_resume");
  trained(world, small_config(), "undisturbed");
  std::int64_t scored = 0;
  const auto dies = [&](const Trajectory& trajectory) {
    if (++scored > 3 * 32 + 5) throw PowerCut();  // within the fourth rollout
    return share_of_low_bytes(trajectory);
  };
  EXPECT_THROW(start(world, small_config(), "killed", dies), PowerCut);
  start(world, small_config(), "killed", share_of_low_bytes, /*resume=*/true);
  expect_same_files(world, "undisturbed", "killed");
}

// The log is a leaf: without the names of its numbers the run is the same.
TEST(OnlineDpo, TrainsTheSameWhereNoMetricHasAName) {
  const SmallWorld world("online_dpo_nameless");
  trained(world, small_config(), "named");
  {
    const NamelessMetrics nameless;
    trained(world, small_config(), "nameless");
  }
  for (const char* file : {"samples/rollouts.jsonl", "final/model.safetensors"})
    EXPECT_EQ(read_file(world.folder() / "named" / file), read_file(world.folder() / "nameless" / file))
        << file;
}

TEST(OnlineDpo, WhatCannotBeScoredCountsForNothing) {
  const SmallWorld world("online_dpo_nan");
  OnlineDpoOptions config = small_config();
  config.rollout.steps = 1;
  config.rollout.num_generations = 4;
  std::int64_t lost = 0;
  const auto sometimes = [&](const Trajectory& trajectory) {
    const bool scorable = trajectory.completion_tokens.front() % 3 != 0;
    lost += !scorable;
    return scorable ? share_of_low_bytes(trajectory) : std::nan("");
  };
  Json line = trained(world, config, "sometimes", sometimes).front();
  EXPECT_GT(lost, 0);
  EXPECT_DOUBLE_EQ(line["rewards/unscorable"], static_cast<double>(lost) / (16 * 4));
  EXPECT_GT(line["pairs"], 0);
  EXPECT_TRUE(std::isfinite(line["objective/scores"].get<double>()));
  EXPECT_TRUE(std::isfinite(line["loss"].get<double>()));
}

// dead-reward-exit-0
TEST(OnlineDpo, ARewardThatTeachesNothingLeavesNoModel) {
  const SmallWorld world("online_dpo_dead");
  OnlineDpoOptions config = small_config();
  config.rollout.steps = 4;
  EXPECT_THROW(trained(world, config, "never", [](const Trajectory&) { return std::nan(""); }), Error);
  EXPECT_FALSE(exists(world.folder() / "never/metrics.jsonl"));
  EXPECT_THROW(trained(world, config, "equal", [](const Trajectory&) { return 0.5; }), Error);
  EXPECT_TRUE(exists(world.folder() / "equal/metrics.jsonl"));
  for (const char* run : {"never", "equal"}) EXPECT_FALSE(exists(world.folder() / run / "final")) << run;
}

TEST(OnlineDpo, APairNeedsTwoAnswers) {
  const SmallWorld world("online_dpo_one");
  OnlineDpoOptions config = small_config();
  config.rollout.num_generations = 1;
  EXPECT_THROW(trained(world, config, "run"), UsageError);
}

TEST(OnlineDpo, RefusesWhatCannotBe) {
  const std::vector<std::pair<const char*, std::function<void(OnlineDpoOptions&)>>> impossible = {
      {"--num_iterations", [](OnlineDpoOptions& c) { c.num_iterations = 0; }},
      {"--steps_per_generation", [](OnlineDpoOptions& c) { c.steps_per_generation = 0; }},
      {"--rollout_batch_size", [](OnlineDpoOptions& c) { c.rollout.prompts = 0; }},
      {"--beta", [](OnlineDpoOptions& c) { c.beta = std::nan(""); }},
  };
  for (const auto& [name, choose] : impossible) {
    const SmallWorld world("online_dpo_impossible");
    OnlineDpoOptions config = small_config();
    choose(config);
    try {
      trained(world, config, "run");
      ADD_FAILURE() << name << " was accepted";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace nudge
