#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nudge {

/// What a completion's reward is compared with.
enum class Baseline {
  none,           // nothing: the whitening that follows centres it (REINFORCE++, Hu et al. 2025)
  group,          // the mean over its group (GRPO, Shao et al. 2024, section 4.1.2)
  leave_one_out,  // the mean over the others of its group (RLOO, Ahmadian et al. 2024, eq. 5)
  greedy,         // the reward of the greedy completion (ReMax, Li et al. 2023, eq. 6)
};
Baseline parse_baseline(const std::string& name);  // UsageError with the known names

/// What the difference is divided by: the standard deviation of its group (GRPO), of the whole rollout, or
/// nothing (Dr. GRPO, Liu et al. 2025: dividing by the group's favours prompts that are nearly solved or
/// hopeless).
enum class RewardScale { group, batch, none };
RewardScale parse_reward_scale(const std::string& name);

struct GroupAdvantageOptions {
  std::int64_t group_size = 1;  // completions of one prompt, side by side
  Baseline baseline = Baseline::group;
  RewardScale scale = RewardScale::group;
  double epsilon = 1e-4;           // added to the standard deviation (TRL 1e-4, verl 1e-6, OpenRLHF 1e-9)
  bool lone_keeps_reward = false;  // alone in its group a completion keeps its reward (verl) instead of NaN
};

/// One advantage per completion: (reward - baseline) / (standard deviation + epsilon), Bessel's correction.
/// NaN marks a reward that could not be given: it stays NaN and counts for nothing, neither in the baseline
/// nor in the deviation. With one reward left in its group there is nothing to compare: NaN. `greedy_rewards`
/// [groups] are read by Baseline::greedy only; NaN there makes its whole group NaN. Error when the sizes do
/// not fit.
std::vector<double> group_advantages(std::span<const double> rewards, std::span<const double> greedy_rewards,
                                     const GroupAdvantageOptions& options);

/// In place: (x - mean) / (standard deviation + epsilon) over all entries that are not NaN, Bessel's
/// correction (TRL's `normalize_advantages`).
void normalize(std::vector<double>& values, double epsilon);

/// Mean and standard deviation (Bessel's correction; 0 for a single one) of what is not NaN.
struct Moments {
  double count = 0, mean = 0, deviation = 0;
};
Moments moments(std::span<const double> values);

}  // namespace nudge
