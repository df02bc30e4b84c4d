#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "rewards/reward.h"
#include "rollout/rollout_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// Proximal policy optimisation on a KL leash (Schulman et al. 2017; Ziegler et al. 2019; Stiennon et al.
/// 2020). Names as in TRL's PPOConfig where the meaning is the same.
struct PpoConfig {
  RolloutOptions rollout{.prompts = 64, .max_new_tokens = 53, .temperature = 0.7};
  std::int64_t num_ppo_epochs = 4;
  std::int64_t num_mini_batches = 1;
  std::int64_t micro_batch_tokens = 4096;

  double kl_coef = 0.05;
  std::string kl_estimator = "k1";
  std::optional<double> kl_target;  // given: the coefficient adapts (Ziegler et al. 2019)
  double kl_horizon = 10000;
  std::optional<double> max_kl;  // stop early when the mean sequence KL exceeds it

  double gamma = 1.0;
  double lam = 0.95;
  bool whiten_rewards = false;
  bool whiten_advantages = true;

  double cliprange = 0.2;
  double cliprange_value = 0.2;
  double entropy_coef = 0;

  // Conventions: where TRL, OpenRLHF and verl differ in arithmetic though not in name.
  std::string terminal_reward = "last_token";
  std::string whiten_variance = "unbiased";
  std::optional<double> delta;
  double log_ratio_limit = 0;  // 0: none
  double kl_limit = 0;         // 0: none
  RateUnit lr_scheduler_unit = RateUnit::update;
  double value_adam_epsilon = 0;  // 0: the policy's

  OptimizerOptions policy;
  double value_learning_rate = 0;  // 0: the policy's
  std::int64_t critic_warmup = 0;  // rollouts in which only the value model learns
  ScheduleOptions schedule;
  double ratio_tolerance = 1e-4;
};
void declare(Options& options, PpoConfig& config);

/// The four models and what they are run on. The policy and value model are trained in place.
struct PpoParts {
  Decoder& policy;
  const Decoder& reference;
  Decoder& value;
  Reward& reward;                 // the proxy that is optimised
  std::vector<Reward*> monitors;  // only measured, never optimised: a gold judge, a held-out reward model
  const ChatFormat& format;
};

/// Trains, logs TRL's metric names into `run` and writes final/ (the policy) and value_model/. Throws
/// Interrupted after saving, UsageError when an option is out of range.
Ending train_ppo(const PpoParts& parts, const std::vector<Prompt>& prompts, const PpoConfig& config,
                 const RunOptions& options, Run& run);

}  // namespace nudge
