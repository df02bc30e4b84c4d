#include "algorithms/online_dpo.h"
#include "base/options.h"
#include "training/batch_options.h"

namespace nudge {

void declare(Options& options, OnlineDpoOptions& online) {
  declare_prompts(options, online.rollout);
  options
      .add("num_generations", online.rollout.num_generations,
           "Answers to each prompt; the best and the worst make the pair.")
      .within(between(2, 1 << 20));
  declare_sampling(options, online.rollout, "answer");
  declare_missing_eos_penalty(options, online.rollout, "the reward of an answer");
  options.section("Loss");
  options.add("beta", online.beta, "Strength of the leash to the reference: the larger, the nearer.")
      .within(above(0));
  options.choose("loss_type", online.loss_type, "Loss on the pairs, as in dpo.");
  options.section("Updates");
  options.add("num_iterations", online.num_iterations, "Passes over each rollout's pairs.")
      .within(at_least(1));
  options.add("steps_per_generation", online.steps_per_generation, "Optimizer steps in each pass.")
      .within(at_least(1));
  declare_micro_batches(options, online.micro_batch_tokens);
  declare(options, online.policy);
  declare(options, online.schedule);
}

}  // namespace nudge
