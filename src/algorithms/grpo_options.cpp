#include <fmt/ranges.h>

#include <cmath>

#include "algorithms/grpo.h"
#include "base/options.h"

namespace nudge {
namespace {

void declare_rollouts(Options& options, GrpoConfig& config) {
  options.section("Rollouts");
  options.add("max_steps", config.steps, "Rollouts to make, each followed by its updates.")
      .within(at_least(1))
      .also("steps");
  options.add("rollout_batch_size", config.rollout_batch_size, "Prompts in each rollout.")
      .within(at_least(1));
  options.add("num_generations", config.num_generations, "Completions of each prompt: the group.")
      .within(between(1, 1 << 20));
  options.add("max_new_tokens", config.max_completion_length, "Longest completion in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("temperature", config.temperature, "Sampling temperature; the same one enters every log-prob.")
      .within(above(0));
  options.add(
      "dynamic_sampling", config.dynamic_sampling,
      "Put aside groups whose scores are all equal, and sample further prompts in their place (DAPO).");
  options
      .add("dynamic_sampling_budget", config.dynamic_sampling_budget,
           "Batches of prompts that one rollout may sample before it makes do with what it has.")
      .within(at_least(1));
  options.section("Reward");
  options
      .add("missing_eos_penalty", config.missing_eos_penalty,
           "Taken from the reward of a completion that did not end itself.")
      .within(at_least(0));
  options
      .add("overlong_buffer", config.overlong_buffer,
           "Tokens before max_new_tokens over which a punishment grows from 0 to 1 (DAPO); 0: none.")
      .within(at_least(0));
  options.add("overlong_penalty_factor", config.overlong_penalty_factor, "Weight of that punishment.")
      .within(at_least(0));
  options.add("mask_truncated_completions", config.mask_truncated_completions,
              "Leave completions that did not end themselves out of the loss.");
  options
      .add("reward_clip_range", config.reward_clip_range, "Lowest and highest reward, before it is compared.")
      .within(any_number());
}

void declare_learning(Options& options, GrpoConfig& config) {
  options.section("Advantage");
  options.choose("baseline", config.baseline, {"group", "leave_one_out", "greedy", "none"},
                 "What a reward is compared with: the mean of its group, of the others in it, the reward of "
                 "the greedy completion, or nothing.");
  options.choose("scale_rewards", config.scale_rewards, {"group", "batch", "none"},
                 "Divide the difference by the standard deviation of the group, of the rollout, or not.");
  options.choose("normalize_advantages", config.normalize_advantages, {"none", "sequences", "tokens"},
                 "Bring advantages to mean 0 and deviation 1 over the rollout's completions or tokens.");
  options.add("gamma", config.gamma, "Discount per token.").within(between(0, 1));
  options.section("The leash");
  options
      .add("beta", config.beta,
           "Coefficient of the KL to the reference; 0: none, and no reference is loaded.")
      .within(at_least(0));
  options.choose("kl_in", config.kl_in, {"loss", "sequence_reward", "token_reward"},
                 "Where the KL goes: into the loss, into the reward before completions are compared, or into "
                 "the reward of each token after.");
  options.choose(
      "kl_estimator", config.kl_estimator, {"k1", "k2", "k3", "k1+", "k3+", "exact"},
      "Estimator per sampled token (+ takes k2's gradient, the right one in a loss), or exact, over the "
      "whole vocabulary.");
  options.add("use_bias_correction_kl", config.use_bias_correction_kl,
              "Weigh the KL in the loss by the ratio, so that it holds for the policy of now.");
  options.add("max_kl", config.max_kl, "Stop when the mean sequence KL of a rollout exceeds this.")
      .within(above(0));
  options.section("Loss");
  options.choose("surrogate", config.surrogate, {"clip", "cispo", "sapo"},
                 "How ratio and advantage become a loss.");
  options.choose("importance_sampling_level", config.importance_sampling_level,
                 {"token", "sequence", "sequence_product"},
                 "The ratio of each token, the geometric mean over the completion, or its product.");
  options
      .add("epsilon", config.epsilon, "Clip range of the ratio below 1, and above unless epsilon_high says.")
      .within(at_least(0));
  options.add("epsilon_high", config.epsilon_high, "Clip range above 1; for cispo the largest ratio itself.")
      .within(at_least(0));
  options.add("delta", config.delta, "Largest ratio of a negative advantage (dual clip); absent: any.")
      .within(at_least(1));
  options.add("sapo_temperature_pos", config.sapo_temperature_pos, "Sapo's temperature where A > 0.")
      .within(above(0));
  options.add("sapo_temperature_neg", config.sapo_temperature_neg, "Sapo's temperature where A <= 0.")
      .within(above(0));
  options.choose("loss_type", config.loss_type, {"dapo", "bnpo", "grpo", "dr_grpo", "luspo"},
                 "How token losses are averaged: over tokens (dapo, bnpo), first within each completion "
                 "(grpo), as sums over max_new_tokens (dr_grpo), as sums (luspo).");
  options.add("entropy_coef", config.entropy_coef, "Weight of an entropy bonus.").within(at_least(0));
  options.section("Updates");
  options.add("num_iterations", config.num_iterations, "Passes over each rollout.").within(at_least(1));
  options.add("steps_per_generation", config.steps_per_generation, "Optimizer steps in each pass.")
      .within(at_least(1));
  options
      .add("micro_batch_tokens", config.micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
  options
      .add("ratio_tolerance", config.ratio_tolerance, "How far the first ratio of a rollout may be from 1.")
      .within(at_least(0));
}

// Where TRL, OpenRLHF and verl differ in arithmetic though not in name; --compat sets them all.
void declare_conventions(Options& options, GrpoConfig& config) {
  options.section("Conventions");
  options.add("advantage_epsilon", config.advantage_epsilon, "Added to standard deviations.")
      .within(above(0));
  options.choose(
      "lone_completion", config.lone_completion, {"none", "reward"},
      "A completion that has no other in its group to compare with carries no signal, or keeps its reward as "
      "advantage.");
  options.choose("unscorable", config.unscorable, {"leave_out", "zero"},
                 "A completion without a signal takes no part, or takes part with advantage 0.");
  options.add("count_left_out", config.count_left_out,
              "Completions that are left out still count where the loss is a mean over completions.");
  options
      .add("advantage_clip_range", config.advantage_clip_range,
           "Lowest and highest advantage of a completion.")
      .within(any_number());
  options.choose("whiten_variance", config.whiten_variance, {"unbiased", "biased"},
                 "Variance by which token advantages are normalised.");
  options.choose(
      "cispo_range", config.cispo_range, {"cap", "both"},
      "cispo clips the ratio to epsilon_high from above only, or to 1 - epsilon, 1 + epsilon_high.");
  options.add("log_ratio_limit", config.log_ratio_limit, "Largest log-ratio, either way; 0: any.")
      .within(at_least(0));
  options.add("kl_limit", config.kl_limit, "Largest KL estimate of a token, either way; 0: any.")
      .within(at_least(0));
  options.choose(
      "token_mean", config.token_mean, {"update", "rollout"},
      "loss_type dapo divides the sum over an update's tokens by their number, or by the rollout's "
      "tokens over its updates.");
  options.choose("lr_scheduler_unit", config.lr_scheduler_unit, {"update", "rollout"},
                 "The learning rate takes a step of its schedule after each update, or once a rollout.");
}

void check_limits(const GrpoConfig& config) {
  if (config.overlong_buffer > config.max_completion_length)
    throw UsageError(fmt::format("--overlong_buffer {} is longer than --max_new_tokens, {}.",
                                 config.overlong_buffer, config.max_completion_length));
  const auto ordered = [](const std::vector<double>& range, const char* option) {
    if (!range.empty() && !(range.size() == 2 && range[0] <= range[1])) {
      throw UsageError(fmt::format("--{} takes two numbers, the lowest and the highest, but got {}.", option,
                                   fmt::join(range, " ")));
    }
  };
  ordered(config.reward_clip_range, "reward_clip_range");
  ordered(config.advantage_clip_range, "advantage_clip_range");
}

void check_comparison(const GrpoConfig& config) {
  const bool compares = config.baseline == "group" || config.baseline == "leave_one_out";
  if (compares && config.num_generations < 2 && config.lone_completion != "reward") {
    throw UsageError(
        fmt::format("A completion is compared with the others of its prompt (--baseline {}), so "
                    "--num_generations must be at least 2, but got {}.",
                    config.baseline, config.num_generations));
  }
}

}  // namespace

void check(const GrpoConfig& config) {
  check_options(config);
  check_limits(config);
  check_comparison(config);
}

void declare(Options& options, GrpoConfig& config) {
  declare_rollouts(options, config);
  declare_learning(options, config);
  declare_conventions(options, config);
  declare(options, config.policy);
  declare(options, config.schedule);
}

}  // namespace nudge
