#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/names.h"
#include "data/chat_format.h"
#include "model/decoder.h"
#include "objectives/kl_coef.h"
#include "objectives/ppo_objective.h"
#include "rewards/reward.h"
#include "rollout/rollout_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// When the score of a completion comes: with the token that ends it, or one step later (TRL), where the
/// value model sees one more state.
enum class TerminalReward { last_token, after_end };
constexpr auto names_table(TerminalReward) {
  return std::to_array<Named<TerminalReward>>(
      {{TerminalReward::last_token, "last_token"}, {TerminalReward::after_end, "after_end"}});
}

/// Proximal policy optimisation on a KL leash (Schulman et al. 2017; Ziegler et al. 2019; Stiennon et al.
/// 2020). Options are called as in TRL's PPOConfig where the meaning is the same.
struct PpoOptions {
  RolloutOptions rollout{.prompts = 64, .max_new_tokens = 53, .temperature = 0.7};
  std::int64_t num_ppo_epochs = 4;    // passes over a rollout
  std::int64_t num_mini_batches = 1;  // optimizer steps of a pass
  std::int64_t micro_batch_tokens = 4096;

  KlCoefOptions kl_coef{.start = 0.05};
  std::optional<double> max_kl;  // the last rollout is the one whose mean sequence KL exceeds it
  TerminalReward terminal_reward = TerminalReward::last_token;
  PpoObjectiveOptions objective;

  OptimizerOptions policy{.learning_rate = 3e-6, .adam_epsilon = 1e-5, .max_grad_norm = 1.0};
  double value_learning_rate = 0;  // 0: the policy's
  double value_adam_epsilon = 0;   // 0: the policy's
  ScheduleOptions schedule;
  RateUnit lr_scheduler_unit = RateUnit::update;
  std::int64_t critic_warmup = 0;  // rollouts in which only the value model learns
  double ratio_tolerance = 1e-3;   // of the first ratio, from 1

  std::int64_t updates_of_a_rollout() const { return num_ppo_epochs * num_mini_batches; }
};
void declare(Options& options, PpoOptions& ppo);

/// The models at work. The policy and the value model are trained in place.
struct PpoModels {
  Decoder& policy;
  const Decoder& reference;
  Decoder& value;
  Reward& reward;                 // the proxy that is optimised
  std::vector<Reward*> monitors;  // only measured, never optimised: a gold judge, a held-out reward model
  const ChatFormat& format;       // of prompts and answers
};

/// Trains, logs TRL's metric names into `run` and writes final/ (the policy) and value_model/. Throws
/// Interrupted after saving, UsageError when an option is out of range.
Ending train_ppo(const PpoModels& models, const std::vector<Prompt>& prompts, const PpoOptions& options,
                 const RunOptions& run_options, Run& run);

}  // namespace nudge
