// The options of PPO, section by section.
#include "algorithms/ppo.h"
#include "base/options.h"
#include "training/batch_options.h"

namespace nudge {
namespace {

void declare_rollouts(Options& options, PpoOptions& ppo) {
  declare_prompts(options, ppo.rollout, "Prompts in each rollout, one completion each.");
  declare_sampling(options, ppo.rollout);
  declare_missing_eos_penalty(options, ppo.rollout, "the score of a completion");
}

void declare_leash(Options& options, PpoOptions& ppo) {
  options.section("The leash");
  options
      .add("kl_coef", ppo.kl_coef.start, "Coefficient of the per-token KL to the reference, in the reward.")
      .within(at_least(0));
  options.choose("kl_estimator", ppo.objective.kl_estimator, "Estimator per sampled token.");
  options
      .add("kl_target", ppo.kl_coef.target,
           "Sequence KL that an adaptive coefficient steers to; absent: fixed.")
      .within(above(0));
  options.add("kl_horizon", ppo.kl_coef.horizon, "Sequences over which the adaptive coefficient reacts.")
      .within(above(0));
  options.add("max_kl", ppo.max_kl, "Stop when the mean sequence KL of a rollout exceeds this.")
      .within(above(0));
}

// Where TRL, OpenRLHF and verl differ in arithmetic though not in name; --compat sets them all.
void declare_conventions(Options& options, PpoOptions& ppo) {
  options.section("Conventions");
  options.choose(
      "terminal_reward", ppo.terminal_reward,
      "The score comes with the token that ends the completion, or one step later, where the value "
      "model sees one more state (TRL).");
  options.choose("whiten_variance", ppo.objective.whiten_variance, "Variance that whitening divides by.");
  options
      .add("delta", ppo.objective.surrogate.delta,
           "Largest ratio of a negative advantage (dual clip); absent: any.")
      .within(at_least(1));
  options
      .add("log_ratio_limit", ppo.objective.surrogate.log_ratio_limit,
           "Largest log-ratio, either way; 0: any.")
      .within(at_least(0));
  options.add("kl_limit", ppo.objective.kl_limit, "Largest KL estimate of a token, either way; 0: any.")
      .within(at_least(0));
  declare(options, ppo.lr_scheduler_unit);
  options
      .add("value_adam_epsilon", ppo.value_adam_epsilon,
           "adam_epsilon of the value model; 0: the policy's. A weight w of the value loss in one AdamW for "
           "both, as TRL's vf_coef, is an epsilon 1 / w as large.")
      .within(between(0, 1));
}

void declare_updates(Options& options, PpoOptions& ppo) {
  options.section("Updates");
  options.add("num_ppo_epochs", ppo.num_ppo_epochs, "Passes over each rollout.").within(at_least(1));
  options.add("num_mini_batches", ppo.num_mini_batches, "Optimizer steps in each pass.").within(at_least(1));
  declare_micro_batches(options, ppo.micro_batch_tokens);
  options
      .add("value_learning_rate", ppo.value_learning_rate,
           "Learning rate of the value model; 0: the policy's.")
      .within(between(0, 1));
  options
      .add("critic_warmup", ppo.critic_warmup,
           "First rollouts in which only the value model learns; the policy's schedule begins after them.")
      .within(at_least(0));
  options.add("ratio_tolerance", ppo.ratio_tolerance, "How far the first ratio of a rollout may be from 1.")
      .within(at_least(0));
  options.rule([&ppo] {
    if (ppo.num_mini_batches > ppo.rollout.prompts)
      throw UsageError(fmt::format("--num_mini_batches {} is more than --rollout_batch_size, {}.",
                                   ppo.num_mini_batches, ppo.rollout.prompts));
  });
}

}  // namespace

void declare(Options& options, PpoOptions& ppo) {
  declare_rollouts(options, ppo);
  declare_leash(options, ppo);
  declare_losses(options, ppo.objective);
  declare_conventions(options, ppo);
  declare_updates(options, ppo);
  declare(options, ppo.policy);
  declare(options, ppo.schedule);
}

}  // namespace nudge
