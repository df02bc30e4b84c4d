#include "objectives/group_advantage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/options.h"

namespace nudge {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double largest_of(std::span<const double> values) {
  double largest = 0;
  for (const double x : values) largest = std::fmax(largest, std::abs(x));  // fmax passes over NaN
  return largest;
}

double baseline_of(double reward, const Moments& group, double greedy_reward,
                   const GroupAdvantageOptions& options) {
  switch (options.baseline) {
    case Baseline::none:
      return 0;
    case Baseline::greedy:
      return greedy_reward;
    case Baseline::group:
      if (group.count > 1) return group.mean;
      return options.lone == LoneCompletion::reward ? 0 : nan;
    case Baseline::leave_one_out:
      if (group.count > 1) return (group.count * group.mean - reward) / (group.count - 1);
      return options.lone == LoneCompletion::reward ? 0 : nan;
  }
  fail("unknown baseline");
}

double scale_of(const Moments& group, const Moments& batch, const GroupAdvantageOptions& options) {
  if (options.scale == RewardScale::none) return 1;
  if (options.scale == RewardScale::batch) return batch.deviation + options.epsilon;
  const bool lone = group.count == 1 && options.lone == LoneCompletion::reward;
  return (lone ? 1 : group.deviation) + options.epsilon;
}

}  // namespace

void declare(Options& options, GroupAdvantageOptions& advantage) {
  options.choose("baseline", advantage.baseline,
                 "What a reward is compared with: the mean of its group, of the others in it, the reward of "
                 "the greedy completion, or nothing.");
  options.choose("scale_rewards", advantage.scale,
                 "Divide the difference by the standard deviation of the group, of the rollout, or not.");
  options.choose("normalize_advantages", advantage.normalize,
                 "Bring advantages to mean 0 and deviation 1 over the rollout's completions or tokens.");
  options.add("gamma", advantage.gamma, "Discount per token.").within(between(0, 1));
}

Moments moments(std::span<const double> values) {
  Moments result;
  double squares = 0;
  for (double x : values) {
    if (std::isnan(x)) continue;
    result.count += 1;
    result.mean += x;
  }
  if (result.count == 0) return {0, nan, nan};
  result.mean /= result.count;
  for (double x : values) {
    if (!std::isnan(x)) squares += (x - result.mean) * (x - result.mean);
  }
  if (result.count > 1) result.deviation = std::sqrt(squares / (result.count - 1));
  return result;
}

std::vector<double> group_advantages(std::span<const double> rewards, std::span<const double> greedy_rewards,
                                     std::int64_t group_size, const GroupAdvantageOptions& options) {
  const auto size = static_cast<std::size_t>(group_size);
  require(size >= 1 && rewards.size() % size == 0,
          "Group advantages need whole groups: {} rewards do not make groups of {}.", rewards.size(), size);
  require(options.baseline != Baseline::greedy || greedy_rewards.size() * size == rewards.size(),
          "The greedy baseline needs one reward per group, but got {} for {} groups.", greedy_rewards.size(),
          rewards.size() / size);
  const Moments batch = moments(rewards);
  std::vector<double> advantages;
  for (std::size_t begin = 0; begin < rewards.size(); begin += size) {
    const auto group = rewards.subspan(begin, size);
    const Moments statistics = moments(group);
    const double greedy = options.baseline == Baseline::greedy ? greedy_rewards[begin / size] : 0;
    const double scale = scale_of(statistics, batch, options);
    const double largest = std::max(largest_of(group), std::abs(greedy));
    for (double reward : group) {
      const double baseline = baseline_of(reward, statistics, greedy, options);
      advantages.push_back(centred(reward, baseline, largest) / scale);
    }
  }
  return advantages;
}

void normalize(std::vector<double>& values, double epsilon) {
  const Moments statistics = moments(values);
  const double largest = largest_of(values);
  for (double& x : values) x = centred(x, statistics.mean, largest) / (statistics.deviation + epsilon);
}

}  // namespace nudge
