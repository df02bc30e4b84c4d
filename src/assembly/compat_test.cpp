#include "assembly/compat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/error.h"

namespace nudge {
namespace {

PpoOptions ppo_like(Program program) {
  PpoOptions config;
  for (const auto& preset : ppo_of(program)) preset.set(config);
  return config;
}

GrpoOptions grpo_like(Program program, GrpoMethod method = GrpoMethod::grpo) {
  GrpoOptions config;
  grpo_preset(method).set(config);
  for (const auto& preset : grpo_of(program, method)) preset.set(config);
  return config;
}

// What GrpoOptions stand at is the method that `nudge grpo` trains by.
TEST(Settings, OfTheDefaultMethodAreThoseOfTheOptions) {
  GrpoOptions plain, leashed;
  grpo_preset(GrpoMethod::leashed).set(leashed);
  Options of_plain("grpo", "Trains."), of_leashed("grpo", "Trains.");
  declare(of_plain, plain);
  declare(of_leashed, leashed);
  EXPECT_EQ(of_plain.resolved_yaml(), of_leashed.resolved_yaml());
}

bool has(Program program, GrpoMethod method) {
  try {
    grpo_like(program, method);
    return true;
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("has no " + name_of(method)), std::string::npos) << error.what();
    return false;
  }
}

TEST(Settings, OfEveryPresetAndProgramFit) {
  for (const auto& [method, name] : names_table(GrpoMethod()))
    for (const auto& [program, _] : names_table(Program())) {
      if (!has(program, method)) continue;
      EXPECT_NO_THROW(check_options(grpo_like(program, method))) << name;
      EXPECT_NO_THROW(check_options(ppo_like(program)));
    }
}

TEST(Settings, OfGrpoFollowEachProgram) {
  EXPECT_EQ(grpo_like(Program::openrlhf).advantage.clip_range, (std::vector<double>{-10, 10}));
  EXPECT_EQ(grpo_like(Program::verl).leash.kl.limit, 10);
  EXPECT_EQ(grpo_like(Program::trl).leash.kl.limit, 0);
  EXPECT_TRUE(grpo_like(Program::trl).leash.use_bias_correction_kl);  // since TRL 1.10
  EXPECT_EQ(grpo_like(Program::trl).aggregation.token_mean, TokenMean::rollout);
  EXPECT_EQ(grpo_like(Program::verl).lr_scheduler_unit, RateUnit::rollout);
}

// Since verl 0.9 its GSPO follows loss_agg_mode, whose default is token-mean.
TEST(Settings, OfGspoAreThoseOfVerlsLossAggMode) {
  EXPECT_EQ(grpo_like(Program::none, GrpoMethod::gspo).aggregation.loss_type, LossType::grpo);
  EXPECT_EQ(grpo_like(Program::verl, GrpoMethod::gspo).aggregation.loss_type, LossType::dapo);
}

// TRL's last step is over completions, verl's over tokens; OpenRLHF has none.
TEST(Settings, OfGdpoNormaliseOverWhatEachProgramDoes) {
  EXPECT_TRUE(grpo_like(Program::none, GrpoMethod::gdpo).each_reward_alone());
  EXPECT_EQ(grpo_like(Program::trl, GrpoMethod::gdpo).advantage.normalize, AdvantageNorm::sequences);
  EXPECT_EQ(grpo_like(Program::verl, GrpoMethod::gdpo).advantage.normalize, AdvantageNorm::tokens);
  EXPECT_EQ(grpo_like(Program::verl).advantage.normalize, AdvantageNorm::none);
  EXPECT_FALSE(has(Program::openrlhf, GrpoMethod::gdpo));
}

TEST(Settings, NameTheVersionsTheyWereReadFrom) {
  const auto title = [](Program program) { return grpo_of(program, GrpoMethod::grpo).front().title; };
  EXPECT_EQ(title(Program::trl), "compat trl (TRL 1.16)");
  EXPECT_EQ(title(Program::verl), "compat verl (verl 0.9.1)");
  EXPECT_EQ(ppo_of(Program::trl).front().title, "compat trl (TRL 1.12, the last that has PPO)");
  EXPECT_EQ(ppo_of(Program::openrlhf).front().title, "compat openrlhf (OpenRLHF 0.11.2)");
  EXPECT_TRUE(ppo_of(Program::none).empty());
}

// verl has no KL unless it is asked for, OpenRLHF 0.01 in the reward, TRL none but in its RLOO.
TEST(Settings, GiveEveryMethodItsProgramsLeash) {
  const std::map<Program, double> betas = {{Program::trl, 0}, {Program::openrlhf, 0.01}, {Program::verl, 0}};
  for (const auto& [program, beta] : betas) {
    int methods = 0;
    for (const auto& [method, name] : names_table(GrpoMethod())) {
      if (!has(program, method)) continue;
      const bool leashed = program == Program::trl && method == GrpoMethod::rloo;
      EXPECT_EQ(grpo_like(program, method).leash.beta, leashed ? 0.05 : beta)
          << name_of(program) << " " << name;
      const auto decided = decided_by(grpo_of(program, method).front());
      EXPECT_EQ(std::ranges::count(decided, "beta", &OptionValue::name), 1)
          << "the printed list leaves it out";
      ++methods;
    }
    EXPECT_GT(methods, 5);
  }
}

TEST(Settings, OfDapoAreThoseOfOpenrlhfsPieces) {
  const GrpoOptions config = grpo_like(Program::openrlhf, GrpoMethod::dapo);
  EXPECT_TRUE(config.dynamic_sampling);
  EXPECT_EQ(config.surrogate.epsilon_high, 0.28);
  EXPECT_EQ(config.aggregation.loss_type, LossType::dapo);
  EXPECT_EQ(config.leash.kl_in, KlIn::token_reward);
  EXPECT_EQ(config.advantage.epsilon, 1e-9);
}

TEST(Settings, OfPpoFollowEachProgram) {
  EXPECT_EQ(ppo_like(Program::verl).objective.surrogate.delta, 3);
  EXPECT_EQ(ppo_like(Program::openrlhf).objective.whiten_variance, Variance::biased);
  EXPECT_EQ(ppo_like(Program::trl).terminal_reward, TerminalReward::after_end);
  EXPECT_EQ(ppo_like(Program::trl).policy.adam_epsilon, 1e-8);
  EXPECT_EQ(ppo_like(Program::trl).value_adam_epsilon, 1e-7);  // vf_coef 0.1
  EXPECT_EQ(ppo_like(Program::trl).lr_scheduler_unit, RateUnit::rollout);
  EXPECT_EQ(ppo_like(Program::openrlhf).lr_scheduler_unit, RateUnit::update);
  EXPECT_FALSE(ppo_like(Program::none).objective.surrogate.delta);
}

TEST(Settings, CompatComesOverThePreset) {
  GrpoOptions config;
  grpo_preset(GrpoMethod::grpo).set(config);
  EXPECT_EQ(config.leash.beta, 0.04);
  grpo_of(Program::trl, GrpoMethod::grpo).front().set(config);
  EXPECT_EQ(config.leash.beta, 0);
  EXPECT_EQ(config.aggregation.loss_type, LossType::dapo);
}

}  // namespace
}  // namespace nudge
