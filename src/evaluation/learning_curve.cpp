#include "evaluation/learning_curve.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "evaluation/reward_model_evaluation.h"

namespace nudge {
namespace {

using Examples = std::vector<RewardExample>;

// The first prompts of the training set, in the order of a shuffle of their own.
Examples first_share(const Examples& examples, double share, std::uint64_t seed) {
  const auto order = Stream(seed, "learning-curve").permutation(std::ssize(examples));
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(examples.size())));
  Examples first;
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i) first.push_back(examples[order[i]]);
  return first;
}

Json curve_point(double share, const Examples& examples, const Json& evaluation) {
  std::int64_t comparisons = 0;
  for (const RewardExample& each : examples) comparisons += std::ssize(each.comparisons);
  Json point = {{"share", share}, {"prompts", examples.size()}, {"comparisons", comparisons}};
  for (const char* measure : {"accuracy", "log_loss_after_temperature", "correlation"})
    if (evaluation.contains(measure)) point[measure] = evaluation[measure];
  return point;
}

}  // namespace

Json learning_curve(const RewardModelData& data, std::span<const double> shares, const FitRewardModel& fit,
                    const Json& finished, std::int64_t micro_batch_tokens, std::uint64_t seed) {
  Json points = Json::array();
  for (const double share : shares) {
    const Examples examples = first_share(data.train, share, seed);
    const auto model = fit(share, examples);
    points.push_back(curve_point(
        share, examples, reward_model_evaluation(*model, data.eval, data.rankings, micro_batch_tokens)));
  }
  points.push_back(curve_point(1, data.train, finished));
  return points;
}

}  // namespace nudge
