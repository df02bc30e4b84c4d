#include "assembly/presets.h"

#include <gtest/gtest.h>

#include <map>

#include "algorithms/grpo.h"
#include "algorithms/ppo.h"
#include "assembly/compat.h"
#include "assembly/grpo_presets.h"
#include "base/error.h"

namespace nudge {
namespace {

// Every option named in a table exists and takes the value that the table gives it.
TEST(Settings, OfEveryPresetAndProgramFit) {
  for (const Settings& preset : grpo_presets()) {
    for (const std::string& program : compat_programs()) {
      GrpoConfig config;
      Options options("grpo", "Trains.");
      declare(options, config);
      apply(preset, options);
      try {
        apply(compat_settings(program, preset.name), options);
      } catch (const UsageError& error) {  // that program has no such method
        EXPECT_NE(std::string(error.what()).find("has no " + preset.name), std::string::npos) << error.what();
      }
    }
  }
}

PpoConfig ppo_like(const std::string& program) {
  PpoConfig config;
  Options options("ppo", "Trains.");
  declare(options, config);
  apply(compat_settings(program, "ppo"), options);
  return config;
}

GrpoConfig grpo_like(const std::string& program) {
  GrpoConfig config;
  Options options("grpo", "Trains.");
  declare(options, config);
  apply(compat_settings(program, "grpo"), options);
  return config;
}

TEST(Settings, OfGrpoFollowEachProgram) {
  EXPECT_EQ(grpo_like("openrlhf").advantage_clip_range, (std::vector<double>{-10, 10}));
  EXPECT_EQ(grpo_like("verl").kl_limit, 10);
  EXPECT_EQ(grpo_like("trl").kl_limit, 0);
  EXPECT_TRUE(grpo_like("trl").use_bias_correction_kl);  // since TRL 1.10
  EXPECT_EQ(grpo_like("trl").token_mean, "rollout");
  EXPECT_EQ(grpo_like("verl").lr_scheduler_unit, "rollout");
}

// Since verl 0.9 its GSPO follows loss_agg_mode, whose default is token-mean.
TEST(Settings, OfGspoAreThoseOfVerlsLossAggMode) {
  GrpoConfig config;
  Options options("grpo", "Trains.");
  declare(options, config);
  apply(settings_named(grpo_presets(), "gspo"), options);
  EXPECT_EQ(config.loss_type, "grpo");
  apply(compat_settings("verl", "gspo"), options);
  EXPECT_EQ(config.loss_type, "dapo");
}

TEST(Settings, NameTheVersionsTheyWereReadFrom) {
  EXPECT_EQ(compat_settings("trl", "grpo").source, "TRL 1.16");
  EXPECT_EQ(compat_settings("trl", "ppo").source, "TRL 1.12, the last that has PPO");
  EXPECT_EQ(compat_settings("openrlhf", "ppo").source, "OpenRLHF 0.11.2");
  EXPECT_EQ(compat_settings("verl", "grpo").source, "verl 0.9.1");
}

// verl has no KL unless it is asked for, OpenRLHF 0.01 in the reward, TRL none but in its RLOO.
TEST(Settings, GiveEveryMethodItsProgramsLeash) {
  const std::map<std::string, double> betas = {{"trl", 0}, {"openrlhf", 0.01}, {"verl", 0}};
  for (const auto& [program, beta] : betas) {
    int methods = 0;
    for (const Settings& preset : grpo_presets()) {
      Settings conventions;
      try {
        conventions = compat_settings(program, preset.name);
      } catch (const UsageError&) {  // that program has no such method
        continue;
      }
      GrpoConfig config;
      Options options("grpo", "Trains.");
      declare(options, config);
      apply(preset, options);
      apply(conventions, options);
      EXPECT_EQ(config.beta, program == "trl" && preset.name == "rloo" ? 0.05 : beta)
          << program << " " << preset.name;
      EXPECT_NE(conventions.options.find("--beta "), std::string::npos) << "the printed list leaves it out";
      ++methods;
    }
    EXPECT_GT(methods, 5);
  }
}

TEST(Settings, OfDapoAreThoseOfOpenrlhfsPieces) {
  GrpoConfig config;
  Options options("grpo", "Trains.");
  declare(options, config);
  apply(settings_named(grpo_presets(), "dapo"), options);
  apply(compat_settings("openrlhf", "dapo"), options);
  EXPECT_TRUE(config.dynamic_sampling);
  EXPECT_EQ(config.epsilon_high, 0.28);
  EXPECT_EQ(config.loss_type, "dapo");
  EXPECT_EQ(config.kl_in, "token_reward");
  EXPECT_EQ(config.advantage_epsilon, 1e-9);
}

TEST(Settings, OfPpoFollowEachProgram) {
  EXPECT_EQ(ppo_like("verl").delta, 3);
  EXPECT_EQ(ppo_like("openrlhf").whiten_variance, "biased");
  EXPECT_EQ(ppo_like("trl").terminal_reward, "after_end");
  EXPECT_EQ(ppo_like("trl").policy.adam_epsilon, 1e-8);
  EXPECT_EQ(ppo_like("trl").value_adam_epsilon, 1e-7);  // vf_coef 0.1
  EXPECT_EQ(ppo_like("trl").lr_scheduler_unit, RateUnit::rollout);
  EXPECT_EQ(ppo_like("openrlhf").lr_scheduler_unit, RateUnit::update);
  EXPECT_FALSE(ppo_like("none").delta);
}

TEST(Settings, CompatComesOverThePreset) {
  GrpoConfig config;
  Options options("grpo", "Trains.");
  declare(options, config);
  apply(settings_named(grpo_presets(), "grpo"), options);
  EXPECT_EQ(config.beta, 0.04);
  apply(compat_settings("trl", "grpo"), options);
  EXPECT_EQ(config.beta, 0);
  EXPECT_EQ(config.loss_type, "dapo");
  const std::vector<std::string> arguments = {"--beta", "0.2"};
  options.parse(arguments);
  EXPECT_EQ(config.beta, 0.2);
}

TEST(Settings, UnknownNamesAreRefused) {
  EXPECT_THROW(settings_named(grpo_presets(), "grppo"), UsageError);
}

}  // namespace
}  // namespace nudge
