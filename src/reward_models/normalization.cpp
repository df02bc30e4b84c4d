#include "reward_models/normalization.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "reward_models/reward_model.h"

namespace nudge {

void declare(Options& options, NormalizationOptions& normalization) {
  options.rule([&normalization] {
    if (normalization.normalization_samples == 1)
      throw UsageError(
          "--normalization_samples must be 0 (leave the scores as they are) or at least 2, because one "
          "answer has no spread, and it is 1.");
  });
  options.section("Normalisation");
  options
      .add(
          "normalization_samples", normalization.normalization_samples,
          "Answers of the SFT model whose scores become mean 0 and standard deviation 1; 0: leave the scores "
          "as they come.")
      .within(at_least(0));
  options
      .add("normalization_temperature", normalization.normalization_temperature,
           "Temperature at which they are sampled.")
      .within(at_least(0));
  options
      .add("normalization_max_new_tokens", normalization.normalization_max_new_tokens,
           "Longest of them, in tokens.")
      .within(at_least(1));
}

std::vector<Prompt> normalization_prompts(const Decoder& sft, std::span<const RewardExample> examples,
                                          const NormalizationOptions& normalization) {
  const auto& [samples, temperature, max_new_tokens] = normalization;
  const std::int64_t context = sft.config().context();
  std::vector<Prompt> prompts;
  for (const RewardExample& example : examples) {
    if (std::ssize(prompts) == samples) break;
    if (std::ssize(example.prompt) <= std::max<std::int64_t>(0, context - max_new_tokens))
      prompts.push_back(example.question);
  }
  require(samples == 0 || prompts.size() > 1,
          "reward: normalisation needs at least two prompts that leave room for {} new tokens in the model's "
          "context of {}, and {} of {} do; lower --normalization_max_new_tokens, or leave it out with "
          "--normalization_samples 0.",
          max_new_tokens, context, prompts.size(), examples.size());
  return prompts;
}

void normalize(Decoder& model, const ChatFormat& format, std::span<const Trajectory> answers,
               std::int64_t token_budget) {
  for (RewardHead& head : model.config().reward_heads) head = {head.name, 0, 1};
  const auto scores_BH = answer_scores(model, format, answers, token_budget);
  const auto count = static_cast<double>(scores_BH.size());
  for (std::size_t h = 0; h < model.config().reward_heads.size(); ++h) {
    double mean = 0, variance = 0;
    for (const auto& scores : scores_BH) mean += scores[h] / count;
    for (const auto& scores : scores_BH) variance += (scores[h] - mean) * (scores[h] - mean) / (count - 1);
    require(variance > 0,
            "reward: every answer of the SFT model gets the same score {}; the reward model learned nothing.",
            mean);
    model.config().reward_heads[h].mean = mean;
    model.config().reward_heads[h].std = std::sqrt(variance);
  }
}

}  // namespace nudge
