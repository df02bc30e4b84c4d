#pragma once

#include <cstdint>
#include <vector>

#include "base/names.h"
#include "data/chat_format.h"
#include "model/decoder.h"
#include "rewards/reward.h"
#include "rollout/rollout_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// The losses of pairs that TRL's OnlineDPOConfig knows (objectives/pairs/); ipo of sums over tokens.
enum class OnlineDpoLoss { sigmoid, hinge, ipo };
constexpr auto names_table(OnlineDpoLoss) {
  return std::to_array<Named<OnlineDpoLoss>>(
      {{OnlineDpoLoss::sigmoid, "sigmoid"}, {OnlineDpoLoss::hinge, "hinge"}, {OnlineDpoLoss::ipo, "ipo"}});
}

/// Online DPO (Guo et al. 2024): the policy answers each prompt twice, the reward says which answer is
/// better, and DPO's loss learns from that pair at once. With more answers the best meets the worst. Names as
/// in TRL's OnlineDPOConfig.
struct OnlineDpoOptions {
  RolloutOptions rollout{.prompts = 32, .num_generations = 2, .max_new_tokens = 64, .temperature = 0.9};

  double beta = 0.1;
  OnlineDpoLoss loss_type = OnlineDpoLoss::sigmoid;

  std::int64_t num_iterations = 1;        // passes over a rollout
  std::int64_t steps_per_generation = 1;  // optimizer steps of a pass
  std::int64_t micro_batch_tokens = 4096;
  OptimizerOptions policy{.learning_rate = 5e-7};
  ScheduleOptions schedule;

  std::int64_t updates_of_a_rollout() const { return num_iterations * steps_per_generation; }
};
void declare(Options& options, OnlineDpoOptions& online);

/// The policy is trained in place.
struct OnlineDpoModels {
  Decoder& policy;
  const Decoder& reference;
  Reward& reward;                 // NaN: could not be scored
  std::vector<Reward*> monitors;  // only measured
  const ChatFormat& format;
};

/// Trains, logs TRL's metric names into `run` and writes final/. UsageError when an option is out of range;
/// Throws Interrupted after saving.
Ending train_online_dpo(const OnlineDpoModels& models, const std::vector<Prompt>& prompts,
                        const OnlineDpoOptions& online, const RunOptions& options, Run& run);

}  // namespace nudge
