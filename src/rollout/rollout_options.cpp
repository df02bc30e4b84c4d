#include "rollout/rollout_options.h"

#include <fmt/format.h>

#include "base/options.h"

namespace nudge {

void declare_prompts(Options& options, RolloutOptions& rollout, const std::string& sentence) {
  options.section("Rollouts");
  options.add("max_steps", rollout.steps, "Rollouts to make, each followed by its updates.")
      .within(at_least(1))
      .also("steps");
  options.add("rollout_batch_size", rollout.prompts, sentence).within(at_least(1));
}

void declare_sampling(Options& options, RolloutOptions& rollout, const std::string& completion) {
  options.add("max_new_tokens", rollout.max_new_tokens, fmt::format("Longest {} in tokens.", completion))
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("temperature", rollout.temperature, "Sampling temperature; the same one enters every log-prob.")
      .within(above(0));
}

void declare_missing_eos_penalty(Options& options, RolloutOptions& rollout, const std::string& taken_from) {
  options
      .add("missing_eos_penalty", rollout.missing_eos_penalty,
           fmt::format("Taken from {} that did not end itself.", taken_from))
      .within(at_least(0));
}

double penalised_score(const Trajectory& trajectory, const RolloutOptions& rollout) {
  return trajectory.score - (trajectory.ended ? 0 : rollout.missing_eos_penalty.value_or(0));
}

void declare(Options& options, RateUnit& unit) {
  options.choose("lr_scheduler_unit", unit,
                 "The learning rate takes a step of its schedule after each update, or once a rollout.");
}

}  // namespace nudge
