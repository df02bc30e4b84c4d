#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/names.h"
#include "records/records.h"

namespace nudge {

class Options;

/// What an online method samples, rollout after rollout: each completion from the full softmax at one
/// temperature, since the learner scores no other (there is no top-k or top-p, on purpose). The defaults of a
/// method stand in its own options.
struct RolloutOptions {
  std::int64_t steps = 100;          // rollouts, each followed by its updates
  std::int64_t prompts = 8;          // of a rollout
  std::int64_t num_generations = 1;  // completions of each prompt
  std::int64_t max_new_tokens = 256;
  double temperature = 1.0;
  std::optional<double> missing_eos_penalty;  // for a completion that did not end itself

  std::int64_t completions() const { return prompts * num_generations; }  // of a rollout
};

/// How they are declared, in the order in which --help lists them: a method puts num_generations, if it has
/// it, behind the prompts, and what else it samples before the penalty.
void declare_prompts(Options& options, RolloutOptions& rollout,
                     const std::string& sentence = "Prompts in each rollout.");
void declare_sampling(Options& options, RolloutOptions& rollout,
                      const std::string& completion = "completion");
void declare_missing_eos_penalty(Options& options, RolloutOptions& rollout,
                                 const std::string& taken_from = "the reward of a completion");

/// What a completion is worth as a whole: what the reward said, less the penalty. NaN: it could not be
/// scored.
double penalised_score(const Trajectory& trajectory, const RolloutOptions& rollout);

/// When the learning rate takes a step of its schedule: after each update, or once a rollout.
enum class RateUnit { update, rollout };
constexpr auto names_table(RateUnit) {
  return std::to_array<Named<RateUnit>>({{RateUnit::update, "update"}, {RateUnit::rollout, "rollout"}});
}
void declare(Options& options, RateUnit& unit);

}  // namespace nudge
