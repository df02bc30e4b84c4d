#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/names.h"
#include "objectives/aggregation.h"
#include "objectives/group_advantage.h"
#include "objectives/kl.h"
#include "objectives/surrogate.h"
#include "rollout/rollout_options.h"
#include "training/optimizer.h"

namespace nudge {

class Options;

/// The methods that train_grpo covers, each a few choices of its options (docs/grpo.md shows them side by
/// side).
enum class GrpoMethod {
  leashed,  // what `nudge grpo` does when no preset is asked for: GRPO with the leash in the reward of each
            // token, firm enough to do no harm where a learned reward is wrong, and without the deviation of
            // a small group
  grpo,
  dr_grpo,
  dapo,
  bnpo,
  gspo,
  cispo,
  sapo,
  dppo,
  gdpo,
  rloo,
  reinforce_plus_plus,
  reinforce_plus_plus_baseline,
  remax,
};
constexpr auto names_table(GrpoMethod) {
  using enum GrpoMethod;
  return std::to_array<Named<GrpoMethod>>({{leashed, "leashed"},
                                           {grpo, "grpo"},
                                           {dr_grpo, "dr_grpo"},
                                           {dapo, "dapo"},
                                           {bnpo, "bnpo"},
                                           {gspo, "gspo"},
                                           {cispo, "cispo"},
                                           {sapo, "sapo"},
                                           {dppo, "dppo"},
                                           {gdpo, "gdpo"},
                                           {rloo, "rloo"},
                                           {reinforce_plus_plus, "reinforce++"},
                                           {reinforce_plus_plus_baseline, "reinforce++-baseline"},
                                           {remax, "remax"}});
}

/// Where the KL to the reference enters: the loss, the reward of a completion before it is compared, or the
/// reward of each token after.
enum class KlIn { loss, sequence_reward, token_reward };
constexpr auto names_table(KlIn) {
  return std::to_array<Named<KlIn>>({{KlIn::loss, "loss"},
                                     {KlIn::sequence_reward, "sequence_reward"},
                                     {KlIn::token_reward, "token_reward"}});
}

/// Of several rewards, whether their weighted sum is compared within the group, or each reward k on its own
/// and their advantages are added up (GDPO, Liu et al. 2026; the formula of its authors' code):
///   a_k = (r_k - mean r_k) / (std r_k + epsilon) within the group,
///   A   = (s - mean s) / (std s + epsilon) over the rollout,   s = sum_k w_k a_k.
/// Then a reward counts by its weight, whatever its unit, and completions of equal sums can still teach.
enum class MultiObjectiveAggregation { sum_then_normalize, normalize_then_sum };
constexpr auto names_table(MultiObjectiveAggregation) {
  return std::to_array<Named<MultiObjectiveAggregation>>(
      {{MultiObjectiveAggregation::sum_then_normalize, "sum_then_normalize"},
       {MultiObjectiveAggregation::normalize_then_sum, "normalize_then_sum"}});
}

/// How near the policy is kept to the reference.
struct LeashOptions {
  double beta = 0.5;  // 0: no reference is needed
  KlIn kl_in = KlIn::token_reward;
  KlOptions kl;
  bool use_bias_correction_kl = false;  // weigh the KL in the loss by the ratio
  std::optional<double> max_kl;         // stop early when the mean sequence KL exceeds it

  double beta_in(KlIn place) const { return kl_in == place ? beta : 0; }
};

/// Policy optimisation without a critic: several completions of each prompt, each judged against the others.
/// GRPO (Shao et al. 2024) and its relatives are settings of the same few choices; docs/grpo.md has the
/// table. Names as in TRL's GRPOConfig and RLOOConfig where the meaning is the same.
struct GrpoOptions {
  RolloutOptions rollout{.prompts = 8, .num_generations = 8, .max_new_tokens = 256, .temperature = 1};
  bool dynamic_sampling = false;
  std::int64_t dynamic_sampling_budget = 4;  // prompt batches that one rollout may sample

  std::int64_t overlong_buffer = 0;  // tokens; 0: no soft punishment
  double overlong_penalty_factor = 1;
  std::vector<double> reward_clip_range;  // two numbers, or none
  bool mask_truncated_completions = false;

  MultiObjectiveAggregation multi_objective_aggregation = MultiObjectiveAggregation::sum_then_normalize;
  GroupAdvantageOptions advantage;
  LeashOptions leash;
  SurrogateOptions surrogate;
  AggregationOptions aggregation;
  double entropy_coef = 0;

  std::int64_t num_iterations = 1;        // passes over a rollout
  std::int64_t steps_per_generation = 1;  // optimizer steps of a pass
  std::int64_t micro_batch_tokens = 4096;
  double ratio_tolerance = 1e-3;  // how far the first ratio of a rollout may be from 1
  RateUnit lr_scheduler_unit = RateUnit::update;
  OptimizerOptions policy{.learning_rate = 1e-6};
  ScheduleOptions schedule;

  std::int64_t updates_of_a_rollout() const { return num_iterations * steps_per_generation; }
  bool each_reward_alone() const {
    return multi_objective_aggregation == MultiObjectiveAggregation::normalize_then_sum;
  }
};
void declare(Options& options, GrpoOptions& grpo);

}  // namespace nudge
