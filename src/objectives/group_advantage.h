#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/names.h"
#include "objectives/advantage.h"

namespace nudge {

class Options;

/// What a completion's reward is compared with.
enum class Baseline {
  group,          // the mean over its group (GRPO, Shao et al. 2024, section 4.1.2)
  leave_one_out,  // the mean over the others of its group (RLOO, Ahmadian et al. 2024, eq. 5)
  greedy,         // the reward of the greedy completion (ReMax, Li et al. 2023, eq. 6)
  none,           // nothing: the whitening that follows centres it (REINFORCE++, Hu et al. 2025)
};
constexpr auto names_table(Baseline) {
  return std::to_array<Named<Baseline>>({{Baseline::group, "group"},
                                         {Baseline::leave_one_out, "leave_one_out"},
                                         {Baseline::greedy, "greedy"},
                                         {Baseline::none, "none"}});
}

/// What the difference is divided by: the standard deviation of its group (GRPO), of the whole rollout, or
/// nothing (Dr. GRPO, Liu et al. 2025: dividing by the group's favours prompts that are nearly solved or
/// hopeless).
enum class RewardScale { group, batch, none };
constexpr auto names_table(RewardScale) {
  return std::to_array<Named<RewardScale>>(
      {{RewardScale::group, "group"}, {RewardScale::batch, "batch"}, {RewardScale::none, "none"}});
}

/// Over what advantages are brought to mean 0 and deviation 1.
enum class AdvantageNorm { none, sequences, tokens };
constexpr auto names_table(AdvantageNorm) {
  return std::to_array<Named<AdvantageNorm>>({{AdvantageNorm::none, "none"},
                                              {AdvantageNorm::sequences, "sequences"},
                                              {AdvantageNorm::tokens, "tokens"}});
}

/// A completion that has no other in its group to compare with: it has no advantage (NaN), or its reward
/// (verl, OpenRLHF).
enum class LoneCompletion { none, reward };
constexpr auto names_table(LoneCompletion) {
  return std::to_array<Named<LoneCompletion>>(
      {{LoneCompletion::none, "none"}, {LoneCompletion::reward, "reward"}});
}

/// A completion without an advantage takes no part, or takes part with 0 (TRL).
enum class Unscorable { leave_out, zero };
constexpr auto names_table(Unscorable) {
  return std::to_array<Named<Unscorable>>({{Unscorable::leave_out, "leave_out"}, {Unscorable::zero, "zero"}});
}

/// From the rewards of a rollout to the advantages of its completions and of their tokens.
struct GroupAdvantageOptions {
  Baseline baseline = Baseline::group;
  RewardScale scale = RewardScale::none;
  AdvantageNorm normalize = AdvantageNorm::none;
  double gamma = 1;       // discount per token
  double epsilon = 1e-4;  // added to standard deviations (TRL 1e-4, verl 1e-6, OpenRLHF 1e-9)
  LoneCompletion lone = LoneCompletion::none;
  Unscorable unscorable = Unscorable::leave_out;
  std::vector<double> clip_range;  // lowest and highest advantage of a completion, or none
  Variance variance = Variance::unbiased;
};
/// What the programs agree upon; where they do not stands under an algorithm's conventions.
void declare(Options& options, GroupAdvantageOptions& advantage);

/// One advantage per completion, those of one prompt side by side, `group_size` of them: (reward - baseline)
/// / (standard deviation + epsilon), Bessel's correction. NaN marks a reward that could not be given: it
/// stays NaN and counts for nothing, neither in the baseline nor in the deviation. `greedy_rewards` [groups]
/// are read by Baseline::greedy only; NaN there makes its whole group NaN. Error when the sizes do not fit.
std::vector<double> group_advantages(std::span<const double> rewards, std::span<const double> greedy_rewards,
                                     std::int64_t group_size, const GroupAdvantageOptions& options);

/// In place: (x - mean) / (standard deviation + epsilon) over all entries that are not NaN, Bessel's
/// correction (TRL's `normalize_advantages`).
void normalize(std::vector<double>& values, double epsilon);

/// Mean and standard deviation (Bessel's correction; 0 for a single one) of what is not NaN.
struct Moments {
  double count = 0, mean = 0, deviation = 0;
};
Moments moments(std::span<const double> values);

}  // namespace nudge
