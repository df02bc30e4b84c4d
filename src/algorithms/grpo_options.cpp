// The options of GRPO, section by section.
#include "algorithms/grpo_options.h"

#include <fmt/ranges.h>

#include "base/options.h"
#include "training/batch_options.h"

namespace nudge {
namespace {

void declare_rollouts(Options& options, GrpoOptions& grpo) {
  declare_prompts(options, grpo.rollout);
  options.add("num_generations", grpo.rollout.num_generations, "Completions of each prompt: the group.")
      .within(between(1, 1 << 20));
  declare_sampling(options, grpo.rollout);
  options.add(
      "dynamic_sampling", grpo.dynamic_sampling,
      "Put aside groups whose scores are all equal, and sample further prompts in their place (DAPO).");
  options
      .add("dynamic_sampling_budget", grpo.dynamic_sampling_budget,
           "Batches of prompts that one rollout may sample before it makes do with what it has.")
      .within(at_least(1));
}

// Of two numbers, the lowest and the highest.
void declare_range(Options& options, const std::string& name, std::vector<double>& range,
                   const std::string& sentence) {
  options.add(name, range, sentence).within(any_number());
  options.rule([name, &range] {
    if (!range.empty() && !(range.size() == 2 && range[0] <= range[1]))
      throw UsageError(fmt::format("--{} takes two numbers, the lowest and the highest, but got {}.", name,
                                   fmt::join(range, " ")));
  });
}

void declare_reward(Options& options, GrpoOptions& grpo) {
  options.section("Reward");
  declare_missing_eos_penalty(options, grpo.rollout);
  options
      .add("overlong_buffer", grpo.overlong_buffer,
           "Tokens before max_new_tokens over which a punishment grows from 0 to 1 (DAPO); 0: none.")
      .within(at_least(0));
  options.rule([&grpo] {
    if (grpo.overlong_buffer > grpo.rollout.max_new_tokens)
      throw UsageError(fmt::format("--overlong_buffer {} is longer than --max_new_tokens, {}.",
                                   grpo.overlong_buffer, grpo.rollout.max_new_tokens));
  });
  options.add("overlong_penalty_factor", grpo.overlong_penalty_factor, "Weight of that punishment.")
      .within(at_least(0));
  options.add("mask_truncated_completions", grpo.mask_truncated_completions,
              "Leave completions that did not end themselves out of the loss.");
  declare_range(options, "reward_clip_range", grpo.reward_clip_range,
                "Lowest and highest reward, before it is compared.");
}

// What GDPO does and another choice leaves out or presupposes; empty: nothing.
std::string gdpo_contradicted(const GrpoOptions& grpo) {
  const Baseline baseline = grpo.advantage.baseline;
  if (baseline != Baseline::group && baseline != Baseline::leave_one_out)
    return fmt::format("compares within the group, but got --baseline {}; give group or leave_one_out",
                       name_of(baseline));
  if (grpo.advantage.scale == RewardScale::none)
    return "divides each reward by its deviation, but got --scale_rewards none; give group, or --preset gdpo";
  if (grpo.advantage.normalize == AdvantageNorm::none)
    return "ends by normalising over the rollout, but got --normalize_advantages none; give sequences (TRL) "
           "or tokens (verl), or --preset gdpo";
  if (grpo.leash.beta_in(KlIn::sequence_reward) != 0)
    return "has no reward as a whole to take a KL from, but got --kl_in sequence_reward; give loss or "
           "token_reward";
  if (!grpo.reward_clip_range.empty())
    return "has no reward as a whole to clip, but got --reward_clip_range; leave it out";
  return {};
}

void declare_aggregation(Options& options, GrpoOptions& grpo) {
  options.choose("multi_objective_aggregation", grpo.multi_objective_aggregation,
                 "Of several rewards compare the weighted sum, or each on its own and add up their "
                 "advantages (GDPO).");
  options.rule([&grpo] {
    const std::string what = grpo.each_reward_alone() ? gdpo_contradicted(grpo) : "";
    if (!what.empty())
      throw UsageError(fmt::format("--multi_objective_aggregation normalize_then_sum {}.", what));
  });
}

void declare_comparison(Options& options, GrpoOptions& grpo) {
  options.section("Advantage");
  declare_aggregation(options, grpo);
  declare(options, grpo.advantage);
  options.rule([&grpo] {
    const Baseline baseline = grpo.advantage.baseline;
    const bool compares = baseline == Baseline::group || baseline == Baseline::leave_one_out;
    if (compares && grpo.rollout.num_generations < 2 && grpo.advantage.lone == LoneCompletion::none)
      throw UsageError(
          fmt::format("A completion is compared with the others of its prompt (--baseline {}), so "
                      "--num_generations must be at least 2, but got {}.",
                      name_of(baseline), grpo.rollout.num_generations));
  });
}

void declare_leash(Options& options, LeashOptions& leash) {
  options.section("The leash");
  options
      .add("beta", leash.beta, "Coefficient of the KL to the reference; 0: none, and no reference is loaded.")
      .within(at_least(0));
  options.choose("kl_in", leash.kl_in,
                 "Where the KL goes: into the loss, into the reward before completions are compared, or into "
                 "the reward of each token after.");
  declare(options, leash.kl);
  options.add("use_bias_correction_kl", leash.use_bias_correction_kl,
              "Weigh the KL in the loss by the ratio, so that it holds for the policy of now.");
  options.add("max_kl", leash.max_kl, "Stop when the mean sequence KL of a rollout exceeds this.")
      .within(above(0));
}

void declare_loss(Options& options, GrpoOptions& grpo) {
  options.section("Loss");
  declare(options, grpo.surrogate);
  declare(options, grpo.aggregation);
  options.add("entropy_coef", grpo.entropy_coef, "Weight of an entropy bonus.").within(at_least(0));
}

void declare_updates(Options& options, GrpoOptions& grpo) {
  options.section("Updates");
  options.add("num_iterations", grpo.num_iterations, "Passes over each rollout.").within(at_least(1));
  options.add("steps_per_generation", grpo.steps_per_generation, "Optimizer steps in each pass.")
      .within(at_least(1));
  declare_micro_batches(options, grpo.micro_batch_tokens);
  options.add("ratio_tolerance", grpo.ratio_tolerance, "How far the first ratio of a rollout may be from 1.")
      .within(at_least(0));
}

// Where TRL, OpenRLHF and verl differ in arithmetic though not in name; --compat sets them all.
void declare_conventions(Options& options, GrpoOptions& grpo) {
  options.section("Conventions");
  options.add("advantage_epsilon", grpo.advantage.epsilon, "Added to standard deviations.").within(above(0));
  options.choose(
      "lone_completion", grpo.advantage.lone,
      "A completion that has no other in its group to compare with carries no signal, or keeps its reward as "
      "advantage.");
  options.choose("unscorable", grpo.advantage.unscorable,
                 "A completion without a signal takes no part, or takes part with advantage 0.");
  options.add("count_left_out", grpo.aggregation.count_left_out,
              "Completions that are left out still count where the loss is a mean over completions.");
  declare_range(options, "advantage_clip_range", grpo.advantage.clip_range,
                "Lowest and highest advantage of a completion.");
  options.choose("whiten_variance", grpo.advantage.variance,
                 "Variance by which token advantages are normalised.");
  options.choose(
      "cispo_range", grpo.surrogate.cispo_range,
      "cispo clips the ratio to epsilon_high from above only, or to 1 - epsilon, 1 + epsilon_high.");
  options.add("log_ratio_limit", grpo.surrogate.log_ratio_limit, "Largest log-ratio, either way; 0: any.")
      .within(at_least(0));
  options.add("kl_limit", grpo.leash.kl.limit, "Largest KL estimate of a token, either way; 0: any.")
      .within(at_least(0));
  options.choose(
      "token_mean", grpo.aggregation.token_mean,
      "loss_type dapo divides the sum over an update's tokens by their number, or by the rollout's "
      "tokens over its updates.");
  declare(options, grpo.lr_scheduler_unit);
}

}  // namespace

void declare(Options& options, GrpoOptions& grpo) {
  declare_rollouts(options, grpo);
  declare_reward(options, grpo);
  declare_comparison(options, grpo);
  declare_leash(options, grpo.leash);
  declare_loss(options, grpo);
  declare_updates(options, grpo);
  declare_conventions(options, grpo);
  declare(options, grpo.policy);
  declare(options, grpo.schedule);
}

}  // namespace nudge
