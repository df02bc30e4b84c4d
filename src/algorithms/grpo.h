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

/// Policy optimisation without a critic: several completions of each prompt, each judged against the others.
/// GRPO (Shao et al. 2024) and its relatives are settings of the same few choices; docs/grpo.md has the
/// table. Names as in TRL's GRPOConfig and RLOOConfig where the meaning is the same.
struct GrpoConfig {
  std::int64_t steps = 100;             // rollouts
  std::int64_t rollout_batch_size = 8;  // prompts of a rollout
  std::int64_t num_generations = 8;     // completions of each: the group
  std::int64_t max_completion_length = 256;
  double temperature = 1.0;
  bool dynamic_sampling = false;
  std::int64_t dynamic_sampling_budget = 4;  // prompt batches that one rollout may sample

  std::optional<double> missing_eos_penalty;
  std::int64_t overlong_buffer = 0;  // tokens; 0: no soft punishment
  double overlong_penalty_factor = 1.0;
  bool mask_truncated_completions = false;
  std::vector<double> reward_clip_range;  // two numbers, or none

  std::string baseline = "group";
  std::string scale_rewards = "group";
  std::string normalize_advantages = "none";
  double gamma = 1.0;

  double beta = 0;  // 0: no reference is needed
  std::string kl_in = "loss";
  std::string kl_estimator = "k3";
  bool use_bias_correction_kl = false;
  std::optional<double> max_kl;  // stop early when the mean sequence KL exceeds it

  std::string surrogate = "clip";
  std::string importance_sampling_level = "token";
  double epsilon = 0.2;
  std::optional<double> epsilon_high;
  std::optional<double> delta;
  double sapo_temperature_pos = 1.0;
  double sapo_temperature_neg = 1.05;
  std::string loss_type = "dapo";
  double entropy_coef = 0;

  // Conventions: where TRL (the defaults), OpenRLHF and verl differ in arithmetic though not in name.
  double advantage_epsilon = 1e-4;
  std::string lone_completion = "none";
  std::string unscorable = "leave_out";
  bool count_left_out = false;
  std::vector<double> advantage_clip_range;
  std::string whiten_variance = "unbiased";
  std::string cispo_range = "cap";
  double log_ratio_limit = 0;
  double kl_limit = 0;
  std::string token_mean = "update";
  std::string lr_scheduler_unit = "update";

  std::int64_t num_iterations = 1;        // passes over a rollout
  std::int64_t steps_per_generation = 1;  // optimizer steps of a pass
  std::int64_t micro_batch_tokens = 4096;
  OptimizerOptions policy{.learning_rate = 1e-6};
  ScheduleOptions schedule;
  double ratio_tolerance = 1e-4;
};
void declare(Options& options, GrpoConfig& config);
/// UsageError when a number is out of its range, or choices exclude each other. train_grpo asks first; who
/// opens a run asks before that.
void check(const GrpoConfig& config);

/// The policy is trained in place.
struct GrpoParts {
  Decoder& policy;
  const Decoder* reference;       // null only when beta is 0: then no KL is known either
  Reward& reward;                 // NaN: could not be scored, counts for nothing
  std::vector<Reward*> monitors;  // only measured, never optimised
  const ChatFormat& format;
};

/// Trains, logs TRL's metric names into `run` and writes final/. UsageError when options contradict each
/// other; Throws Interrupted after saving.
Ending train_grpo(const GrpoParts& parts, const std::vector<Prompt>& prompts, const GrpoConfig& config,
                  const RunOptions& options, Run& run);

}  // namespace nudge
