// The options of PPO, section by section.
#include "algorithms/ppo.h"
#include "base/options.h"

namespace nudge {
namespace {

void declare_rollouts(Options& options, PpoConfig& config) {
  declare_prompts(options, config.rollout, "Prompts in each rollout, one completion each.");
  declare_sampling(options, config.rollout);
  declare_missing_eos_penalty(options, config.rollout, "the score of a completion");
}

void declare_leash(Options& options, PpoConfig& config) {
  options.section("The leash");
  options.add("kl_coef", config.kl_coef, "Coefficient of the per-token KL to the reference, in the reward.")
      .within(at_least(0));
  options.choose("kl_estimator", config.kl_estimator, {"k1", "k2", "k3"}, "Estimator per sampled token.");
  options
      .add("kl_target", config.kl_target,
           "Sequence KL that an adaptive coefficient steers to; absent: fixed.")
      .within(above(0));
  options.add("kl_horizon", config.kl_horizon, "Sequences over which the adaptive coefficient reacts.")
      .within(above(0));
  options.add("max_kl", config.max_kl, "Stop when the mean sequence KL of a rollout exceeds this.")
      .within(above(0));
}

void declare_losses(Options& options, PpoConfig& config) {
  options.section("Advantages and losses");
  options.add("gamma", config.gamma, "Discount per token.").within(between(0, 1));
  options.add("lam", config.lam, "Lambda of generalised advantage estimation.").within(between(0, 1));
  options.add("whiten_rewards", config.whiten_rewards,
              "Scale token rewards to unit variance (the mean stays).");
  options.add("whiten_advantages", config.whiten_advantages,
              "Advantages to mean 0, variance 1 over the rollout.");
  options.add("cliprange", config.cliprange, "Clip range of the probability ratio.").within(at_least(0));
  options.add("cliprange_value", config.cliprange_value, "Clip range of the value around its rollout value.")
      .within(at_least(0));
  options.add("entropy_coef", config.entropy_coef, "Weight of an entropy bonus.").within(at_least(0));
}

void declare_conventions(Options& options, PpoConfig& config) {
  options.section("Conventions");
  options.choose(
      "terminal_reward", config.terminal_reward, {"last_token", "after_end"},
      "The score comes with the token that ends the completion, or one step later, where the value "
      "model sees one more state (TRL).");
  options.choose("whiten_variance", config.whiten_variance, {"unbiased", "biased"},
                 "Variance that whitening divides by.");
  options.add("delta", config.delta, "Largest ratio of a negative advantage (dual clip); absent: any.")
      .within(at_least(1));
  options.add("log_ratio_limit", config.log_ratio_limit, "Largest log-ratio, either way; 0: any.")
      .within(at_least(0));
  options.add("kl_limit", config.kl_limit, "Largest KL estimate of a token, either way; 0: any.")
      .within(at_least(0));
  declare(options, config.lr_scheduler_unit);
  options
      .add("value_adam_epsilon", config.value_adam_epsilon,
           "adam_epsilon of the value model; 0: the policy's. A weight w of the value loss in one AdamW for "
           "both, as TRL's vf_coef, is an epsilon 1 / w as large.")
      .within(between(0, 1));
}

void declare_updates(Options& options, PpoConfig& config) {
  options.section("Updates");
  options.add("num_ppo_epochs", config.num_ppo_epochs, "Passes over each rollout.").within(at_least(1));
  options.add("num_mini_batches", config.num_mini_batches, "Optimizer steps in each pass.")
      .within(at_least(1));
  options
      .add("micro_batch_tokens", config.micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
  options
      .add("value_learning_rate", config.value_learning_rate,
           "Learning rate of the value model; 0: the policy's.")
      .within(between(0, 1));
  options
      .add("critic_warmup", config.critic_warmup,
           "First rollouts in which only the value model learns; the policy's schedule begins after them.")
      .within(at_least(0));
  options
      .add("ratio_tolerance", config.ratio_tolerance, "How far the first ratio of a rollout may be from 1.")
      .within(at_least(0));
}

}  // namespace

void declare(Options& options, PpoConfig& config) {
  declare_rollouts(options, config);
  declare_leash(options, config);
  declare_losses(options, config);
  declare_conventions(options, config);
  declare_updates(options, config);
  declare(options, config.policy);
  declare(options, config.schedule);
}

}  // namespace nudge
