#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "rewards/reward.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// Online DPO (Guo et al. 2024): the policy answers each prompt twice, the reward says which answer is
/// better, and DPO's loss learns from that pair at once. With more answers the best meets the worst. Names as
/// in TRL's OnlineDPOConfig.
struct OnlineDpoConfig {
  std::int64_t steps = 100;              // rollouts
  std::int64_t rollout_batch_size = 32;  // prompts of a rollout
  std::int64_t num_generations = 2;      // answers to each
  std::int64_t max_new_tokens = 64;
  double temperature = 0.9;
  std::optional<double> missing_eos_penalty;

  double beta = 0.1;
  std::string loss_type = "sigmoid";

  std::int64_t num_iterations = 1;        // passes over a rollout
  std::int64_t steps_per_generation = 1;  // optimizer steps of a pass
  std::int64_t micro_batch_tokens = 4096;
  OptimizerOptions policy;
  ScheduleOptions schedule;
};
void declare(Options& options, OnlineDpoConfig& config);
/// UsageError when a number is out of its range. train_online_dpo asks first; who opens a run asks before
/// that.
void check(const OnlineDpoConfig& config);

/// The policy is trained in place.
struct OnlineDpoParts {
  Decoder& policy;
  const Decoder& reference;
  Reward& reward;                 // NaN: could not be scored
  std::vector<Reward*> monitors;  // only measured
  const ChatFormat& format;
};

/// Trains, logs TRL's metric names into `run` and writes final/. Throws Interrupted after saving.
Ending train_online_dpo(const OnlineDpoParts& parts, const std::vector<Prompt>& prompts,
                        const OnlineDpoConfig& config, const RunOptions& options, Run& run);

}  // namespace nudge
